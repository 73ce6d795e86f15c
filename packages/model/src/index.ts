// SPDX-License-Identifier: Apache-2.0
export type {
  ComputeFormat,
  DraftRequest,
  DraftResult,
  Engine,
  EngineStatus,
  InformationRequest,
  MeasuringEngine,
  OpenRequest,
  SamplingOptions,
  VerifyCurveRequest,
  VerifyPoint,
  VerifyRequest,
  VerifyResult,
} from './engine.ts';
export { createEngine, type EngineCollaborators, type EngineOptions } from './inference/create-engine.ts';
export type { LogFields, Logger } from './logger.ts';
export { type FamilyFolder, openFamilyFolder } from './manifest/family-folder.ts';
