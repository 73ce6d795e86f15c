// SPDX-License-Identifier: Apache-2.0
export {
  type AnswererCollaborators,
  type AnswererRoleOptions,
  type AnswerObserver,
  createAnswererRole,
} from './answerer-role.ts';
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
export type { QuestionLimits } from './prepare-question.ts';
export { createTextModel, type DomainScore, type TextModel, type TextModelParts } from './text-model.ts';
export { createVerifierRole, type VerifierRoleOptions } from './verifier-role.ts';
