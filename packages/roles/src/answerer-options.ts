// SPDX-License-Identifier: Apache-2.0
import type { SessionOptions } from '@aiflow/decode';
import type { Engine } from '@aiflow/model';
import type { AcceptanceFacts, PlacementNode } from '@aiflow/placement';
import type { Tier, TraceContext } from '@aiflow/protocol';
import type { AnswerSummary } from './ask-contract.ts';
import type { PolicySettings } from './choose-policy.ts';
import type { Directory } from './directory.ts';
import type { QuestionLimits } from './prepare-question.ts';
import type { LinkBook } from './relay/link-book.ts';
import type { RequestBook } from './requests/request-book.ts';
import type { TextModel } from './text-model.ts';

/** What an answerer works with; all stay the caller's. */
export interface AnswererCollaborators {
  readonly engine: Engine;
  readonly textModel: TextModel;
  readonly directory: Directory;
  /** Marks each answer in the trace of its request. Default: nobody does. */
  readonly observe?: AnswerObserver;
  /** Links from this node as the mesh measures them. Default: nothing is known of any. */
  readonly links?: LinkBook;
  /** What this node's own exits cost now, how busy it is and what it draws. Default: unknown. */
  readonly ownCosts?: () => PlacementNode | undefined;
  /** Notes requests with an id on this node's disk. Default: such requests are refused. */
  readonly requests?: RequestBook;
}

/** Hears of an answer that begins; what it returns hears the summary, or nothing when the answer failed. */
export type AnswerObserver = (trace: TraceContext | undefined) => (summary: AnswerSummary | undefined) => void;

/** Settings of an answerer. */
export interface AnswererRoleOptions extends QuestionLimits, PolicySettings {
  /** The tier this node plays. */
  readonly tier: Tier;
  /** The actor's name. Default `answerer`. */
  readonly name?: string;
  /**
   * All exits of the family. The deepest is the answer that is wanted unless a request says otherwise; one that the
   * family lacks is refused. Default: the deepest known is wanted, and none is refused.
   */
  readonly familyExits?: readonly number[];
  /** The exit that drafts. Default: the engine's shallowest. */
  readonly draftExit?: number;
  /** How often the family's exits agree, as its manifest says. Default: nothing is known, 0.8 for every pair. */
  readonly acceptance?: readonly AcceptanceFacts[];
  /** Questions answered at once. Default 8. */
  readonly concurrency?: number;
  /** Nodes that may stand in for one another, by tier. Default 3. */
  readonly maxCandidates?: number;
  /** The longest a question may take, whatever its asker allows. Default 120 000. */
  readonly maxDeadlineMs?: number;
  /** How sessions are decoded: window, draft length, timeouts. */
  readonly decoding?: Pick<
    SessionOptions,
    | 'draftLength'
    | 'window'
    | 'maxBlockTokens'
    | 'maxAhead'
    | 'maxOpenings'
    | 'verdictTimeoutMs'
    | 'openTimeoutMs'
    | 'draftTimeoutMs'
  >;
}
