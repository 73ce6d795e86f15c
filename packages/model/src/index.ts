// SPDX-License-Identifier: Apache-2.0
export { type CheckedFile, checkFamily } from './check-family.ts';
export type { BatchingEngine, ComputeFormat, Engine, MeasuringEngine, Outcome, RelayingEngine } from './engine.ts';
export type { EngineStatus, RelayingStatus, StageWork } from './engine-status.ts';
export { type ConfidenceWish, confidencePolicy } from './exit-policy/confidence-policy.ts';
export type { ConfidenceStep, ExitBudget, ExitPolicy } from './exit-policy/exit-policy.ts';
export { type CalibratedExit, type SharedRisk, shareRisk } from './exit-policy/share-risk.ts';
export {
  createHostedEngine,
  type HostedEngine,
  type HostedEngineOptions,
  type HostStatistics,
} from './host/create-hosted-engine.ts';
export { bitsPerByte, type DomainQuestion } from './in-domain.ts';
export { createEngine } from './inference/create-engine.ts';
export type { EngineCollaborators, EngineOptions } from './inference/engine-options.ts';
export type { LogFields, Logger } from './logger.ts';
export type { ExitChoice, ExitRung } from './manifest/exit-choice.ts';
export { type FamilyFolder, openFamilyFolder } from './manifest/family-folder.ts';
export { type HeldOutQuestion, type HeldOutSuite, readHeldOutSuite } from './manifest/held-out-suite.ts';
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
export type {
  DraftRequest,
  DraftResult,
  OpenRequest,
  SamplingOptions,
  VerifyRequest,
  VerifyResult,
} from './requests/decode-request.ts';
export type { InformationRequest, VerifyCurveRequest, VerifyPoint } from './requests/measure-request.ts';
export type { ReadStateRequest, RelayState } from './requests/relay-request.ts';
export { type FamilyTokenizer, openTokenizer, type TextStream } from './tokenizer/tokenizer.ts';
