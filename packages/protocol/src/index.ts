// SPDX-License-Identifier: Apache-2.0
export {
  type Address,
  formatAddress,
  isName,
  MEMBER_TIERS,
  type MemberTier,
  parseAddress,
  parseName,
  TIERS,
  type Tier,
} from './address.ts';
export {
  type ActorReport,
  type Advert,
  decodeAdvert,
  encodeAdvert,
  type LinkReport,
  type NodeState,
  parseAdvert,
} from './advert.ts';
export { AiflowError, type AiflowErrorOptions } from './aiflow-error.ts';
export { type Chunk, decodeChunk, encodeChunk, splitIntoChunks } from './chunk.ts';
export {
  type ChunkAssembler,
  type ChunkAssemblerClock,
  type ChunkAssemblerCollaborators,
  type ChunkAssemblerOptions,
  createChunkAssembler,
} from './chunk-assembler.ts';
export {
  type Draft,
  draftPayload,
  MAX_ROUND_TOKENS,
  type Rollback,
  rollBack,
  rollbackPayload,
  type Verdict,
  verdictPayload,
  verifyDraft,
} from './decode-round.ts';
export {
  type CloseSession,
  closeSession,
  closeSessionPayload,
  type OpenSession,
  openSession,
  openSessionPayload,
  type Sampling,
  type SessionOpened,
  sessionOpenedPayload,
} from './decode-session.ts';
export { decodeEnvelope, type Envelope, encodeEnvelope } from './envelope.ts';
export { ERROR_CODES, type ErrorCode, isErrorCode, isRetryable } from './error-code.ts';
export { decodeFailure, encodeFailure } from './failure.ts';
export type {
  BlockTime,
  ExitCostReport,
  FamilyReport,
  FeatureSpaceReport,
  VerifyCurvePoint,
} from './family-report.ts';
export { type Feature, featurePayload, MAX_FEATURE_BYTES } from './feature.ts';
export { type AnswerFinished, answerFinishedPayload, type FinishAnswer, finishAnswerPayload } from './finish-answer.ts';
export { checkGeneration, OLDEST_WIRE_GENERATION, WIRE_GENERATION } from './generation.ts';
export type { DeliveryClass, MessageKind, PayloadEncoding } from './message-kind.ts';
export {
  MAX_OUTBOX_PAYLOAD_BYTES,
  OUTBOX_WINDOW,
  type OutboxDelivery,
  type OutboxOutcome,
  type OutboxReceipt,
  offerItem,
  outboxDeliveryPayload,
  outboxReceiptPayload,
} from './outbox-delivery.ts';
export {
  type AskContract,
  bytesPayload,
  type Contract,
  jsonAsk,
  jsonPayload,
  jsonStream,
  jsonTell,
  looseAsk,
  type ParseJson,
  type PayloadType,
  parseJsonBytes,
  type StreamContract,
  type TellContract,
} from './payload-type.ts';
export { MAX_PROBE_PADDING_BYTES, type Probe, probePayload, sendProbe } from './probe.ts';
export {
  type FeatureChunk,
  featureChunkPayload,
  MAX_FEATURE_CHUNK_BYTES,
  openFeatures,
  type StepFeatures,
  stepFeatures,
  stepFeaturesPayload,
} from './relay-features.ts';
export { type FeaturesOpened, type FeatureTerms, type OpenFeatures, openFeaturesPayload } from './relay-open.ts';
export { type Revision, revisionPayload } from './revision.ts';
export { announce, MAX_ADVERT_BYTES, type SignedAdvert, signedAdvertPayload } from './signed-advert.ts';
export type { TraceContext } from './trace-context.ts';
