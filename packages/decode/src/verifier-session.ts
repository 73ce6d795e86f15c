// SPDX-License-Identifier: Apache-2.0
//
// One session at a verifier: its blocks wait here, and are judged in order of base, one at a time. What they are judged
// against, with the invariants V1 and V3 to V5, is verified-answer.ts.
//
// V2  A block that came too early, before its predecessor or before its epoch's rollback, waits; its asker's signal
//     ends the wait.
import type { Engine } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { createVerifiedAnswer, type VerifiedAnswer } from './verified-answer.ts';
import type { BlockVerdict, ProposedBlock, VerifierRollback } from './verifier.ts';

/** A session at a verifier. */
export interface VerifierSession {
  readonly epoch: number;
  /** Answer tokens it holds. */
  readonly length: number;
  verify(block: ProposedBlock, signal?: AbortSignal): Promise<BlockVerdict>;
  /** Throws `failed-precondition` when it leaves a gap (V5). */
  rollBack(change: VerifierRollback): void;
  /** Answers what waits with `cancelled`. */
  end(): void;
}

/** What a session is judged by and where it starts. */
export interface VerifierSessionStart {
  readonly engine: Pick<Engine, 'draft' | 'verify'>;
  /** Its name at the engine. */
  readonly engineSession: string;
  readonly exit: number;
  readonly epoch: number;
  readonly answer: readonly number[];
  /** Blocks that may wait; one more is answered `resource-exhausted`. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly block: ProposedBlock;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (verdict: BlockVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/** A session whose engine already holds prompt and `answer`. */
export function createVerifierSession(start: VerifierSessionStart): VerifierSession {
  return new Session(start);
}

class Session implements VerifierSession {
  readonly #start: VerifierSessionStart;
  readonly #answer: VerifiedAnswer;
  #isRunning = false;
  #isEnded = false;
  #waiting: readonly Waiting[] = [];

  constructor(start: VerifierSessionStart) {
    this.#start = start;
    this.#answer = createVerifiedAnswer(start.epoch, start.answer);
  }

  get epoch(): number {
    return this.#answer.epoch;
  }

  get length(): number {
    return this.#answer.length;
  }

  verify(block: ProposedBlock, signal?: AbortSignal): Promise<BlockVerdict> {
    if (this.#isEnded) return Promise.reject(ended());
    if (this.#waiting.length >= this.#start.maxWaiting) return Promise.reject(tooMany(this.#start.maxWaiting));
    return new Promise((resolve, reject) => {
      const entry: Waiting = { block, signal, resolve, reject };
      signal?.addEventListener('abort', () => this.#giveUp(entry), { once: true });
      if (signal?.aborted) return reject(signal.reason);
      this.#waiting = [...this.#waiting, entry];
      this.#pump();
    });
  }

  rollBack(change: VerifierRollback): void {
    if (this.#answer.rollBack(change)) this.#pump();
  }

  end(): void {
    this.#isEnded = true;
    for (const entry of this.#waiting) entry.reject(ended());
    this.#waiting = [];
  }

  #giveUp(entry: Waiting): void {
    this.#waiting = this.#waiting.filter(other => other !== entry);
    entry.reject(entry.signal?.reason);
  }

  /** Answers what can be answered at once, then runs the block that is next, if it is there. */
  #pump(): void {
    for (const entry of this.#waiting) {
      const known = this.#answer.knownVerdict(entry.block);
      if (known !== undefined) this.#settle(entry, known);
    }
    if (this.#isRunning) return;
    const next = this.#waiting.find(entry => this.#answer.isNext(entry.block));
    if (next !== undefined) void this.#run(next);
  }

  #settle(entry: Waiting, verdict: BlockVerdict): void {
    this.#waiting = this.#waiting.filter(other => other !== entry);
    entry.resolve(verdict);
  }

  async #run(entry: Waiting): Promise<void> {
    this.#isRunning = true;
    try {
      const verdict = await this.#judge(entry.block, entry.signal);
      this.#settle(entry, verdict);
    } catch (error) {
      this.#waiting = this.#waiting.filter(other => other !== entry);
      entry.reject(error);
    } finally {
      this.#isRunning = false;
      this.#pump();
    }
  }

  async #judge(block: ProposedBlock, signal: AbortSignal | undefined): Promise<BlockVerdict> {
    const { engine, engineSession: session, exit } = this.#start;
    const { base, tokens, epoch } = block;
    const { before, held, given } = this.#answer.cropHeld(base);
    if (given.length > 0) await engine.draft({ session, exit, base: held, given, count: 0 }, signal);
    const result = await engine.verify({ session, exit, base, tokens }, signal);
    const verdict: BlockVerdict = {
      ...{ epoch, base, accepted: result.accepted, correction: result.correction, finished: result.finished },
      ...{ nearTies: result.nearTies, computeMs: result.computeMs },
    };
    this.#answer.advance(block, before, verdict);
    return verdict;
  }
}

function ended(): AiflowError {
  return new AiflowError('cancelled', 'the session was closed while the block waited');
}

function tooMany(limit: number): AiflowError {
  return new AiflowError('resource-exhausted', `more than ${limit} blocks of one session wait: send fewer at once`);
}
