// SPDX-License-Identifier: Apache-2.0
export type { AnswererCollaborators, AnswererRoleOptions, AnswerObserver } from './answerer-options.ts';
export { createAnswererRole } from './answerer-role.ts';
export { type AnswerSummary, type AskItem, type AwaitedRevision, askAnswer } from './ask-contract.ts';
export { type AskRequest, type DraftedAnswer, isRequestId, parseAskRequest, type TierChoice } from './ask-request.ts';
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
export { type AnswerPort, type FinishedAnswer, readToTheEnd } from './finish/answer-port.ts';
export { createFinisher, type Finisher, type FinisherCollaborators, type FinisherOptions } from './finish/finisher.ts';
export { createFinisherRole, type FinisherStatus, finisherStatus } from './finish/finisher-role.ts';
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
export { finishCapability } from './requests/finish-item.ts';
export {
  type RecoveryCollaborators,
  type RecoveryOptions,
  type RequestRecovery,
  recoverRequests,
} from './requests/recover-requests.ts';
export {
  createRequestBook,
  type RequestBook,
  type RequestBookCollaborators,
  type RequestBookLimits,
} from './requests/request-book.ts';
export type { RequestRecord, RequestState } from './requests/request-record.ts';
export {
  createRequestsRole,
  REQUESTS_ACTOR,
  type RequestStatus,
  type RequestStatusQuery,
  requestStatus,
} from './requests/request-status.ts';
export { createRevisionHandler } from './requests/revision-handler.ts';
export { createTextModel, type DomainScore, type TextModel, type TextModelParts } from './text-model.ts';
export { createVerifierRole, type VerifierRoleOptions } from './verifier-role.ts';
