// SPDX-License-Identifier: Apache-2.0
export { type CheckedFile, checkFamily } from './check-family.ts';
export type {
  BatchingEngine,
  ComputeFormat,
  ConfidenceStep,
  DraftRequest,
  DraftResult,
  Engine,
  EngineStatus,
  ExitBudget,
  ExitPolicy,
  InformationRequest,
  MeasuringEngine,
  OpenRequest,
  Outcome,
  ReadStateRequest,
  RelayingEngine,
  RelayingStatus,
  RelayState,
  SamplingOptions,
  StageWork,
  VerifyCurveRequest,
  VerifyPoint,
  VerifyRequest,
  VerifyResult,
} from './engine.ts';
export { type ConfidenceWish, confidencePolicy } from './exit-policy/confidence-policy.ts';
export { type CalibratedExit, type SharedRisk, shareRisk } from './exit-policy/share-risk.ts';
export {
  createHostedEngine,
  type HostedEngine,
  type HostedEngineOptions,
  type HostStatistics,
} from './host/create-hosted-engine.ts';
export { bitsPerByte, type DomainQuestion } from './in-domain.ts';
export { createEngine, type EngineCollaborators, type EngineOptions } from './inference/create-engine.ts';
export type { LogFields, Logger } from './logger.ts';
export type { ExitChoice, ExitRung } from './manifest/exit-choice.ts';
export { type FamilyFolder, openFamilyFolder } from './manifest/family-folder.ts';
export type {
  BlobEntry,
  ConfidenceEntry,
  Dimensions,
  ExitEntry,
  FamilyManifest,
  FeatureSpaceEntry,
  InDomainRule,
  RungEntry,
  SegmentContent,
  SegmentEntry,
  SpecialTokens,
} from './manifest/manifest.ts';
export { parseManifest } from './manifest/parse-manifest.ts';
export { segmentsFor } from './manifest/segments.ts';
export { tensorContract } from './manifest/tensor-contract.ts';
export { type FamilyTokenizer, openTokenizer, type TextStream } from './tokenizer/tokenizer.ts';
