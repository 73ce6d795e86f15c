// SPDX-License-Identifier: Apache-2.0
//
// Tokens that somebody said to the same question before, as first drafts. What the owner hands on is always its own
// exit's word: given tokens are judged a block at a time, which costs about a step, where drafting costs a step a token.
//
// R1  A token goes out only if the owner's exit says it too; so wrong or hostile ones cost one pass, never the answer.
// R2  After the first one that does not stand, and after the last, the owner's engine drafts as if nothing was given.
// R3  Tokens that the engine can't judge end the replay; they fail nothing.
import type { DraftResult, Engine, VerifyResult } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { type DraftLengthPolicy, fixedDraftLength } from './draft-length.ts';
import type { Drafter, DraftOrder } from './drafter.ts';

/** A drafter that begins with what was said before. */
export interface ReplayDrafter extends Drafter {
  /** `usual`, and as many at once as one pass takes while given tokens are left. */
  draftLength(usual?: DraftLengthPolicy): DraftLengthPolicy;
}

/** What was said before, and the owner's exit that judges it. */
export interface Replay {
  readonly session: string;
  readonly tokens: readonly number[];
  readonly exit: number;
}

/** Tokens judged in one pass. */
const PASS_TOKENS = 32;

/** Wraps `drafter`, which is `engine` bound to `replay.session`. */
export function createReplayDrafter(engine: Engine, drafter: Drafter, replay: Replay): ReplayDrafter {
  const replaying = new Replaying(engine, drafter, replay);
  return {
    ...drafter,
    open: async (answer, signal) => {
      await drafter.open(answer, signal);
      replaying.row = [...answer];
    },
    draft: (order, signal) => replaying.draft(order, signal),
    draftLength: (usual = fixedDraftLength()) => {
      return facts => Math.max(usual(facts), replaying.isLeft() ? PASS_TOKENS : 0);
    },
  };
}

class Replaying {
  /** What the engine holds; beyond what the session knows of, it may hold more. */
  row: readonly number[] = [];
  readonly #engine: Engine;
  readonly #drafter: Drafter;
  readonly #replay: Replay;
  #isOver = false;

  constructor(engine: Engine, drafter: Drafter, replay: Replay) {
    this.#engine = engine;
    this.#drafter = drafter;
    this.#replay = replay;
  }

  isLeft(): boolean {
    const { tokens } = this.#replay;
    const { row } = this;
    return !this.#isOver && row.length < tokens.length && row.every((token, at) => token === tokens[at]);
  }

  async draft(order: DraftOrder, signal: AbortSignal): Promise<DraftResult> {
    this.row = [...this.row.slice(0, order.base), ...order.given];
    const made =
      (this.isLeft() ? await this.#judge(order, signal) : undefined) ?? (await this.#drafter.draft(order, signal));
    this.row = [...this.row, ...made.tokens];
    return made;
  }

  /** Undefined where nothing came of it. */
  async #judge({ base, given, count }: DraftOrder, signal: AbortSignal): Promise<DraftResult | undefined> {
    const { session, exit, tokens } = this.#replay;
    const from = base + given.length;
    try {
      if (given.length > 0) await this.#engine.draft({ session, exit, base, given, count: 0 }, signal);
      const block = tokens.slice(from, from + count);
      const judged = await this.#engine.verify({ session, exit, base: from, tokens: block }, signal);
      return saidOf(block, judged, count);
    } catch (error) {
      if (signal.aborted || !REFUSALS.includes(AiflowError.from(error).code)) throw error;
      this.#isOver = true; // R3
      return undefined;
    }
  }
}

const REFUSALS: readonly string[] = ['invalid-argument', 'out-of-range', 'failed-precondition'];

/** R1. Undefined where it is nothing: the answer had ended. */
function saidOf(block: readonly number[], judged: VerifyResult, count: number): DraftResult | undefined {
  const { accepted, correction, margins, computeMs } = judged;
  const all = [...block.slice(0, accepted), ...(correction === undefined ? [] : [correction])];
  if (all.length === 0) return undefined;
  const isWhole = all.length <= count;
  return {
    tokens: all.slice(0, count),
    margins: margins.slice(0, count),
    finished: judged.finished && isWhole,
    computeMs,
  };
}
