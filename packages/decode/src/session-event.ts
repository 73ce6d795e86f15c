// SPDX-License-Identifier: Apache-2.0
import type { DraftOrder } from './drafter.ts';
import type { SessionState } from './session-state.ts';
import type { BlockVerdict, ProposedBlock, VerifierRollback } from './verifier.ts';

/**
 * Why something failed. `lost`: the session was forgotten and can be opened again. `refused`: this candidate can
 * never serve it. `failed`: anything else, another candidate or a second try may do. `cancelled`: we asked for it.
 */
export interface Fault {
  readonly kind: 'lost' | 'refused' | 'failed' | 'cancelled';
  readonly reason: string;
}

/** What happened. `tier` is an index; `opening` names the opening it belongs to, so that late news of an old one is told apart. */
export type SessionEvent =
  | { readonly type: 'drafter-opened' }
  | {
      readonly type: 'drafted';
      readonly tokens: readonly number[];
      readonly margins: readonly number[];
      readonly finished: boolean;
      readonly computeMs: number;
    }
  | { readonly type: 'drafter-failed'; readonly fault: Fault }
  | { readonly type: 'tier-opened'; readonly tier: number; readonly opening: number }
  | {
      readonly type: 'verdict';
      readonly tier: number;
      readonly opening: number;
      readonly flight: number;
      readonly verdict: BlockVerdict;
      readonly waitMs: number;
    }
  | {
      readonly type: 'tier-failed';
      readonly tier: number;
      readonly opening: number;
      readonly fault: Fault;
      /** Set when a block failed, not an opening or a rollback. */
      readonly epoch?: number;
    };

/** What the driver is to do. */
export type SessionEffect =
  | { readonly type: 'open-drafter'; readonly answer: readonly number[] }
  | { readonly type: 'draft'; readonly order: DraftOrder }
  | { readonly type: 'cancel-draft' }
  | {
      readonly type: 'open';
      readonly tier: number;
      readonly opening: number;
      readonly candidate: number;
      readonly epoch: number;
      readonly answer: readonly number[];
    }
  | {
      readonly type: 'verify';
      readonly tier: number;
      readonly opening: number;
      readonly flight: number;
      /** The answer can't do without this verdict. */
      readonly isReference: boolean;
      readonly block: ProposedBlock;
    }
  | { readonly type: 'rollback'; readonly tier: number; readonly opening: number; readonly change: VerifierRollback }
  /** Nothing of this opening is wanted any more. */
  | { readonly type: 'abandon'; readonly tier: number; readonly opening: number; readonly candidate: number }
  /** The answer or one of its marks changed. */
  | { readonly type: 'revise' }
  /** The answer stands, or nothing is left that could go on. */
  | { readonly type: 'finish'; readonly outcome: 'complete' | 'stuck' };

/** A state and what is to be done on the way to it. */
export interface Transition {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}
