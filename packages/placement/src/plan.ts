// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '@aiflow/protocol';
import type { ExitCost, PlanKind } from './snapshot.ts';

/** A node's part in a plan. `answerer`: says every token itself; `judge`: looks at drafts before the reference does. */
export interface PlanMember {
  readonly role: 'drafter' | 'judge' | 'reference' | 'answerer';
  readonly node: string;
  readonly tier: Tier;
  readonly exit: number;
  readonly format: ExitCost['format'];
}

/** What the driver is told of drafting. */
export interface DraftingShape {
  /** Length of the first, second, ... draft after a rejection; the last goes on for ever. Empty when nothing is drafted. */
  readonly draftLengths: readonly number[];
  /** Blocks under way to one verifier. */
  readonly window: number;
  /** Tokens that may wait for the reference's verdict. */
  readonly maxAhead: number;
  /** Tokens to ask the reference for ahead; 0: draft. */
  readonly pull: number;
}

/** A way to answer, and what it is expected to take. */
export interface Plan extends DraftingShape {
  readonly kind: PlanKind;
  /** In words: who does what. Two plans of one label differ at most in lengths. */
  readonly label: string;
  /** The owner first, then shallow to deep. */
  readonly members: readonly PlanMember[];
  /** For the whole answer, from the moment it is asked. */
  readonly expectedMs: number;
  readonly msPerToken: number;
  /** For an answer of one token: what an answer takes however short it is. */
  readonly oneTokenMs: number;
  /** Until something is shown; drafts count. */
  readonly firstTokenMs: number;
}

/** Names what a plan does. */
export function labelOf(kind: PlanKind, members: readonly PlanMember[]): string {
  const named = members.map(({ node, exit }) => `${node} exit ${exit}`);
  const [first = 'nobody', second = '', third = ''] = named;
  switch (kind) {
    case 'local':
      return `${first} alone`;
    case 'two-tiers':
      return `${first} drafts, ${second} judges`;
    case 'three-tiers':
      return `${first} drafts, ${second} judges, ${third} has the last word`;
    case 'pull':
      return `${members[0]?.node ?? first} asks ${second} token by token`;
    case 'hand-over':
      return `${second} answers alone`;
  }
}
