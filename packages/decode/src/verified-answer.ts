// SPDX-License-Identifier: Apache-2.0
//
// An answer as one verifier holds it: what it has judged, and what follows from that for the next block. Nothing here
// waits or computes.
//
// V1  Blocks of an old epoch, and those behind a rejection in the same epoch, are answered at once without computing:
//     nothing accepted, no token of its own.
// V3  What this epoch has judged is known: a block within it is answered from there, without computing. So duplicates
//     change nothing, and neither does a block that comes after its successor, which the verifier's own token can lead to.
// V4  `tokens` is what the session should hold; `held` is the prefix of it that the engine really holds.
// V5  A rollback that leaves a gap is an error: the session can't be trusted and is to be opened again.
import { AiflowError } from '@aiflow/protocol';
import type { BlockVerdict, ProposedBlock, VerifierRollback } from './verifier.ts';

/** The answer of one session at its verifier. */
export interface VerifiedAnswer {
  readonly epoch: number;
  readonly length: number;
  /** The verdict that needs no computing (V1, V3); undefined where the block must be judged or wait. */
  knownVerdict(block: ProposedBlock): BlockVerdict | undefined;
  /** Whether the block is the one to judge now. */
  isNext(block: ProposedBlock): boolean;
  /** What the engine must be told before it judges a block at `base`; it is taken to hold no more than that (V4). */
  cropHeld(base: number): HeldPrefix;
  /** Takes in the engine's verdict on a block that was judged behind `before`, unless a rollback overtook it. */
  advance(block: ProposedBlock, before: readonly number[], verdict: BlockVerdict): void;
  /** False for an epoch that is not newer. Throws `failed-precondition` when it leaves a gap (V5). */
  rollBack(change: VerifierRollback): boolean;
}

/** The tokens before a block: of `before`, the engine holds the first `held` and lacks those `given`. */
export interface HeldPrefix {
  readonly before: readonly number[];
  readonly held: number;
  readonly given: readonly number[];
}

/** An answer of which the engine already holds all of `tokens`. */
export function createVerifiedAnswer(epoch: number, tokens: readonly number[]): VerifiedAnswer {
  return new Answer(epoch, tokens);
}

class Answer implements VerifiedAnswer {
  epoch: number;
  #tokens: readonly number[];
  #held: number;
  #judgedFrom: number;
  #ownsLast = false;
  #isRejected = false;
  #isFinished = false;

  constructor(epoch: number, tokens: readonly number[]) {
    this.epoch = epoch;
    this.#tokens = tokens;
    this.#held = tokens.length;
    this.#judgedFrom = tokens.length;
  }

  get length(): number {
    return this.#tokens.length;
  }

  knownVerdict(block: ProposedBlock): BlockVerdict | undefined {
    if (block.epoch < this.epoch) return outOfDate(block);
    if (block.epoch > this.epoch) return undefined;
    const past = this.#pastVerdict(block);
    if (past !== undefined) return past;
    return this.#isRejected || this.#isFinished ? outOfDate(block) : undefined;
  }

  /** The verifier's own token after a block may be judged again as the first of the next. */
  isNext({ epoch, base }: ProposedBlock): boolean {
    if (epoch !== this.epoch) return false;
    return base === this.#tokens.length || (this.#ownsLast && base === this.#tokens.length - 1);
  }

  cropHeld(base: number): HeldPrefix {
    const before = this.#tokens.slice(0, base);
    const given = before.slice(this.#held);
    this.#held = Math.min(this.#held, base);
    return { before, held: this.#held, given };
  }

  advance(block: ProposedBlock, before: readonly number[], verdict: BlockVerdict): void {
    if (block.epoch !== this.epoch) return;
    const own = verdict.correction === undefined ? [] : [verdict.correction];
    this.#tokens = [...before, ...block.tokens.slice(0, verdict.accepted), ...own];
    this.#held = this.#tokens.length;
    this.#ownsLast = own.length > 0;
    this.#isRejected = verdict.accepted < block.tokens.length;
    this.#isFinished = verdict.finished;
  }

  rollBack({ epoch, length, tokens }: VerifierRollback): boolean {
    if (epoch <= this.epoch) return false;
    if (length > this.#tokens.length) {
      throw new AiflowError(
        'failed-precondition',
        `rollback to answer length ${length} leaves a gap: this verifier holds ${this.#tokens.length} tokens; open the session again`,
      );
    }
    const next = [...this.#tokens.slice(0, length), ...tokens];
    this.#held = Math.min(this.#held, commonLength(this.#tokens, next));
    this.#tokens = next;
    this.epoch = epoch;
    this.#ownsLast = false;
    this.#isRejected = false;
    this.#isFinished = false;
    this.#judgedFrom = next.length;
    return true;
  }

  #pastVerdict(block: ProposedBlock): BlockVerdict | undefined {
    if (block.base < this.#judgedFrom || block.base > this.#tokens.length) return undefined;
    const past = this.#tokens.slice(block.base);
    const accepted = commonLength(block.tokens, past);
    const stands = block.base + accepted;
    const isLast = stands + 1 >= this.#tokens.length;
    if (stands < this.#tokens.length) {
      if (accepted < block.tokens.length) this.#isRejected = true;
      return { ...outOfDate(block), accepted, correction: this.#tokens[stands], finished: this.#isFinished && isLast };
    }
    const isEnd = this.#isFinished && accepted === block.tokens.length;
    return isEnd ? { ...outOfDate(block), accepted, finished: true } : undefined;
  }
}

function outOfDate({ epoch, base }: ProposedBlock): BlockVerdict {
  return { epoch, base, accepted: 0, correction: undefined, finished: false, nearTies: 0, computeMs: 0 };
}

function commonLength(one: readonly number[], other: readonly number[]): number {
  const differs = one.findIndex((token, at) => token !== other[at]);
  return differs < 0 ? one.length : differs;
}
