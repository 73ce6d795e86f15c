// SPDX-License-Identifier: Apache-2.0
export type { AnswererCollaborators, AnswererRoleOptions, AnswerObserver } from './answerer-options.ts';
export { createAnswererRole } from './answerer-role.ts';
export { type AnswerSummary, type AskItem, askAnswer } from './ask-contract.ts';
export { type AskRequest, parseAskRequest, type TierChoice } from './ask-request.ts';
export { formatCapability, type ModelCapability, parseCapability } from './capability.ts';
export type { PolicySettings } from './choose-policy.ts';
export type { DecidedTokens } from './deciding-exits.ts';
export type { Directory, DirectoryEntry } from './directory.ts';
export {
  type ConfidencePromise,
  type ConfidenceTable,
  type ExitPolicyWish,
  percent,
  type ResolvedPolicy,
  resolvePolicy,
  wishes,
} from './exit-policy.ts';
export type { LinkTraffic } from './link-traffic.ts';
export type { PlanAlternative, PlanReport } from './plan-report.ts';
export type { QuestionLimits } from './prepare-question.ts';
export { type ContinueItem, continueAnswer, type RelaySource, type RelaySummary } from './relay/continue-contract.ts';
export {
  type ContinueRequest,
  parseContinueRequest,
  RELAY_WAYS,
} from './relay/continue-request.ts';
export {
  type ContinuerCollaborators,
  type ContinuerRoleOptions,
  createContinuerRole,
} from './relay/continuer-role.ts';
export type { FeedLimits } from './relay/feature-feed.ts';
export {
  createFeatureSourceRole,
  type FeatureSourceCollaborators,
  type FeatureSourceOptions,
} from './relay/feature-source-role.ts';
export { EMPTY_LINK_BOOK, type LinkBook, type LinkFigures } from './relay/link-book.ts';
export { createTextModel, type DomainScore, type TextModel, type TextModelParts } from './text-model.ts';
export { createVerifierRole, type VerifierRoleOptions } from './verifier-role.ts';
