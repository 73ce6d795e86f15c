// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '@aiflow/protocol';
import type { CostPoint } from './cost-curve.ts';

/** What running one exit costs on one node, as measured there. */
export interface ExitCost {
  readonly exit: number;
  /** Only `fp32` gives the reference's own text; others may draft and judge in the middle. */
  readonly format: 'fp32' | 'int8' | 'int4';
  /** One token, decoded by itself. */
  readonly stepMs: number;
  /** Time of judging a block of so many tokens. Default: two points, a step for 1 and two steps for 16. */
  readonly verify?: readonly CostPoint[];
  /** Taking in one token of a prompt. Default: the share of one token in the longest block of `verify`. */
  readonly prefillTokenMs?: number;
}

/** The way from the owner to a node and back. */
export interface LinkFacts {
  readonly rttMs: number;
  /** Per direction. Absent: so fast that sizes do not matter. */
  readonly bytesPerSecond?: number;
}

/** A node that could take part. */
export interface PlacementNode {
  readonly node: string;
  readonly tier: Tier;
  readonly exits: readonly ExitCost[];
  /** Times its costs are to be multiplied with, as others keep it busy. Default 1. */
  readonly load?: number;
  /** While it computes; only shown in figures. */
  readonly watts?: number;
}

/** A node other than the owner. */
export interface RemoteNode extends PlacementNode {
  readonly link: LinkFacts;
  /** What it may be asked for: to judge drafts, to answer whole questions. Default: both. */
  readonly duties?: readonly RemoteDuty[];
}

/** What a node other than the owner may be asked for. */
export type RemoteDuty = 'judge' | 'answer';

/** How often a token that `draftExit` proposes is what `judgeExit` says. */
export interface AcceptanceFacts {
  readonly draftExit: number;
  readonly judgeExit: number;
  /** By place since the last rejection, the first token first; the last value counts for all places after it. */
  readonly byPosition: readonly number[];
}

/** The ways to get an answer. `pull`: the owner keeps the session and asks the reference for its own tokens ahead. */
export type PlanKind = 'local' | 'two-tiers' | 'three-tiers' | 'pull' | 'hand-over';

/** All that a decision goes by. Every choice that is compared gives the text of `referenceExit`. */
export interface PlacementSnapshot {
  readonly referenceExit: number;
  readonly promptTokens: number;
  /** How long the answer is likely to get. */
  readonly answerTokens: number;
  readonly deadlineMs?: number;
  /** Kinds that may be chosen. Default: all. */
  readonly allowed?: readonly PlanKind[];
  /** Whether a reference that does not compute in fp32 will do. Default false. */
  readonly allowNearExact?: boolean;
  readonly owner: PlacementNode;
  readonly others: readonly RemoteNode[];
  /** Pairs that are missing count as 0.8. */
  readonly acceptance: readonly AcceptanceFacts[];
}
