// SPDX-License-Identifier: Apache-2.0
export type {
  ComputeFormat,
  DraftRequest,
  DraftResult,
  Engine,
  EngineStatus,
  OpenRequest,
  SamplingOptions,
  VerifyPoint,
  VerifyRequest,
  VerifyResult,
} from './engine.ts';
