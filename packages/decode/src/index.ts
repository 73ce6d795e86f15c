// SPDX-License-Identifier: Apache-2.0
export { costCurve as verifyCurve } from '@aiflow/placement';
export {
  type Auditor,
  type AuditReport,
  auditResult,
  createEngineAuditor,
  createVerifierAuditor,
} from './audit-result.ts';
export type { BatchCounts, BatchObserver, BatchVerification, JudgedBatch, VerifyingEngine } from './batched-verify.ts';
export {
  type CostLedger,
  costLedgerOf,
  type LedgerFacts,
  type LedgerSubject,
  type LinkCost,
  type TierCost,
} from './cost-ledger.ts';
export { type Carry, createDeskVerifier, type DeskLink } from './desk-verifier.ts';
export { type DraftLengthFacts, type DraftLengthPolicy, fixedDraftLength, plannedDraftLength } from './draft-length.ts';
export { createEngineDrafter, type Drafter, type DraftOrder, type SessionSubject } from './drafter.ts';
export { outcomeOf, type SessionPlan, sessionOptionsOf } from './plan-session.ts';
export { createReplayDrafter, type Replay, type ReplayDrafter } from './replay-drafter.ts';
export { type LoneRun, runAlone } from './run-alone.ts';
export { runSession } from './run-session.ts';
export type { SessionCollaborators, SessionOptions, TierCandidates } from './session-options.ts';
export type { ReferenceMember, SessionOutcome, SessionResult } from './session-result.ts';
export type { SessionRevision } from './session-revision.ts';
export {
  type DecodingScenario,
  type SimulatedDecoding,
  type SimulatedTier,
  simulateDecoding,
} from './simulate-decoding.ts';
export { type SimulatedFleet, type SimulatedNode, type SimulatedPlan, simulatePlan } from './simulated-fleet.ts';
export {
  createSyntheticEngine,
  type EngineCosts,
  type SyntheticEngine,
  type SyntheticEngineOptions,
} from './synthetic-engine.ts';
export {
  createSyntheticLanguage,
  type SyntheticLanguage,
  type SyntheticLanguageOptions,
} from './synthetic-language.ts';
export type { PositionCount, TierCounts } from './tier-state.ts';
export type { SessionMember, TierStatistics } from './tier-statistics.ts';
export { type TimeLimit, withTimeLimit } from './time-limit.ts';
export type { BlockVerdict, ProposedBlock, Verifier, VerifierRollback, VerifierTraffic } from './verifier.ts';
export { createVerifierDesk, type DeskOpening, type VerifierDesk, type VerifierDeskOptions } from './verifier-desk.ts';
