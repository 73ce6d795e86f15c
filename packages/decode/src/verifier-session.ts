// SPDX-License-Identifier: Apache-2.0
//
// One session as a verifier holds it. Blocks are judged in order of base, one at a time.
//
// V1  Blocks of an old epoch, and those behind a rejection in the same epoch, are answered at once without computing:
//     nothing accepted, no token of its own.
// V2  A block that came too early, before its predecessor or before its epoch's rollback, waits; its asker's signal
//     ends the wait.
// V3  What this epoch has judged is known: a block within it is answered from there, without computing. So duplicates
//     change nothing, and neither does a block that comes after its successor, which the verifier's own token can lead to.
// V4  `tokens` is what the session should hold; `held` is the prefix of it that the engine really holds.
// V5  A rollback that leaves a gap is an error: the session can't be trusted and is to be opened again.
import type { Engine } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
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
  #tokens: readonly number[];
  #held: number;
  #ownsLast = false;
  #isRejected = false;
  #isFinished = false;
  #isRunning = false;
  #isEnded = false;
  #waiting: readonly Waiting[] = [];
  #judgedFrom: number;
  epoch: number;

  constructor(start: VerifierSessionStart) {
    this.#start = start;
    this.epoch = start.epoch;
    this.#tokens = start.answer;
    this.#held = start.answer.length;
    this.#judgedFrom = start.answer.length;
  }

  get length(): number {
    return this.#tokens.length;
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

  rollBack({ epoch, length, tokens }: VerifierRollback): void {
    if (epoch <= this.epoch) return;
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
    this.#pump();
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
      const known = this.#knownVerdict(entry.block);
      if (known !== undefined) this.#settle(entry, known);
    }
    if (this.#isRunning) return;
    const next = this.#waiting.find(entry => entry.block.epoch === this.epoch && this.#continues(entry.block.base));
    if (next !== undefined) void this.#run(next);
  }

  #settle(entry: Waiting, verdict: BlockVerdict): void {
    this.#waiting = this.#waiting.filter(other => other !== entry);
    entry.resolve(verdict);
  }

  /** V1, V3. */
  #knownVerdict(block: ProposedBlock): BlockVerdict | undefined {
    if (block.epoch < this.epoch) return outOfDate(block);
    if (block.epoch > this.epoch) return undefined;
    const past = this.#pastVerdict(block);
    if (past !== undefined) return past;
    return this.#isRejected || this.#isFinished ? outOfDate(block) : undefined;
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

  /** The verifier's own token after a block may be judged again as the first of the next. */
  #continues(base: number): boolean {
    return base === this.#tokens.length || (this.#ownsLast && base === this.#tokens.length - 1);
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
    const before = this.#tokens.slice(0, base);
    const given = before.slice(this.#held);
    const from = Math.min(this.#held, base);
    this.#held = from;
    if (given.length > 0) await engine.draft({ session, exit, base: from, given, count: 0 }, signal);
    const result = await engine.verify({ session, exit, base, tokens }, signal);
    const verdict: BlockVerdict = {
      ...{ epoch, base, accepted: result.accepted, correction: result.correction, finished: result.finished },
      ...{ nearTies: result.nearTies, computeMs: result.computeMs },
    };
    if (this.epoch === epoch) this.#advance(block, before, verdict);
    return verdict;
  }

  #advance(block: ProposedBlock, before: readonly number[], verdict: BlockVerdict): void {
    const own = verdict.correction === undefined ? [] : [verdict.correction];
    this.#tokens = [...before, ...block.tokens.slice(0, verdict.accepted), ...own];
    this.#held = this.#tokens.length;
    this.#ownsLast = own.length > 0;
    this.#isRejected = verdict.accepted < block.tokens.length;
    this.#isFinished = verdict.finished;
  }
}

function outOfDate({ epoch, base }: ProposedBlock): BlockVerdict {
  return { epoch, base, accepted: 0, correction: undefined, finished: false, nearTies: 0, computeMs: 0 };
}

function ended(): AiflowError {
  return new AiflowError('cancelled', 'the session was closed while the block waited');
}

function tooMany(limit: number): AiflowError {
  return new AiflowError('resource-exhausted', `more than ${limit} blocks of one session wait: send fewer at once`);
}

function commonLength(one: readonly number[], other: readonly number[]): number {
  const differs = one.findIndex((token, at) => token !== other[at]);
  return differs < 0 ? one.length : differs;
}
