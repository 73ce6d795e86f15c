// SPDX-License-Identifier: Apache-2.0
import type { Engine, SamplingOptions } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import {
  type BatchCounts,
  type BatchedVerify,
  type BatchObserver,
  createBatchedVerify,
  type VerifyingEngine,
} from './batched-verify.ts';
import type { BlockVerdict, ProposedBlock, VerifierRollback } from './verifier.ts';
import { createVerifierSession, type VerifierSession } from './verifier-session.ts';

/** Limits of a desk, and who hears of its work. */
export interface VerifierDeskOptions {
  /** Sessions held at once; the least recently used gives way, and its owner opens it again. Default 64. */
  readonly maxSessions?: number;
  /** Blocks of one session that may wait. Default 128. */
  readonly maxWaitingBlocks?: number;
  /** Blocks of different sessions that go to the engine together, if it can do that. Default 8; 1 turns it off. */
  readonly maxBatch?: number;
  /** Hears of what was judged together, call by call. Default: nobody does. */
  readonly observeBatches?: BatchObserver;
}

/** A session to be held. Opening a key that is held replaces it, unless the epoch is older: that fails with `aborted`. */
export interface DeskOpening {
  readonly exit: number;
  readonly epoch: number;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly sampling?: SamplingOptions;
}

/**
 * Many sessions judged by one engine, each under a key of its owner's. Blocks and rollbacks may follow an opening
 * without waiting for it. Unknown keys fail with `not-found`.
 */
export interface VerifierDesk {
  readonly sessions: number;
  /** How much was judged together so far. */
  readonly batches: BatchCounts;
  open(key: string, opening: DeskOpening, signal?: AbortSignal): Promise<void>;
  verify(key: string, block: ProposedBlock, signal?: AbortSignal): Promise<BlockVerdict>;
  rollBack(key: string, change: VerifierRollback): Promise<void>;
  /** Answer tokens held under a key; 0 when it is unknown. */
  heldTokens(key: string): number;
  /** One that is still being opened is let go as soon as it is open. */
  close(key: string): Promise<void>;
  closeAll(): Promise<void>;
}

interface Held {
  readonly session: VerifierSession;
  readonly engineSession: string;
}

/** Makes an empty desk over `engine`, which stays the caller's. */
export function createVerifierDesk(engine: VerifyingEngine, options: VerifierDeskOptions = {}): VerifierDesk {
  return new Desk(engine, options);
}

class Desk implements VerifierDesk {
  readonly #engine: VerifyingEngine;
  readonly #batched: BatchedVerify;
  readonly #maxSessions: number;
  readonly #maxWaiting: number;
  readonly #held = new Map<string, Held>(); // in order of use
  readonly #opening = new Map<string, Promise<void>>();
  #openings = 0;

  constructor(engine: VerifyingEngine, options: VerifierDeskOptions) {
    this.#engine = engine;
    this.#batched = createBatchedVerify(engine, options.maxBatch ?? 8, options.observeBatches);
    this.#maxSessions = options.maxSessions ?? 64;
    this.#maxWaiting = options.maxWaitingBlocks ?? 128;
  }

  get sessions(): number {
    return this.#held.size;
  }

  get batches(): BatchCounts {
    return this.#batched.counts;
  }

  async open(key: string, opening: DeskOpening, signal?: AbortSignal): Promise<void> {
    this.#checkEpoch(key, opening);
    const before = this.#opening.get(key);
    const opened =
      before === undefined ? this.#replace(key, opening, signal) : this.#follow(before, key, opening, signal);
    this.#opening.set(key, opened);
    try {
      await opened;
    } finally {
      if (this.#opening.get(key) === opened) this.#opening.delete(key);
    }
  }

  async verify(key: string, block: ProposedBlock, signal?: AbortSignal): Promise<BlockVerdict> {
    const session = await this.#find(key);
    try {
      return await session.verify(block, signal);
    } catch (error) {
      if (AiflowError.is(error) && error.code === 'not-found' && this.#held.get(key)?.session === session) {
        await this.#drop(key);
      }
      throw error;
    }
  }

  async rollBack(key: string, change: VerifierRollback): Promise<void> {
    (await this.#find(key)).rollBack(change);
  }

  heldTokens(key: string): number {
    return this.#held.get(key)?.session.length ?? 0;
  }

  async close(key: string): Promise<void> {
    await this.#opening.get(key)?.catch(() => undefined);
    await this.#drop(key);
  }

  async #drop(key: string): Promise<void> {
    const entry = this.#held.get(key);
    this.#held.delete(key);
    entry?.session.end();
    if (entry !== undefined) await this.#engine.close(entry.engineSession);
  }

  async closeAll(): Promise<void> {
    for (const key of [...this.#held.keys()]) await this.close(key);
  }

  /** One after the other, so that neither is forgotten with its engine session and the newest is what stays. */
  async #follow(before: Promise<void>, key: string, opening: DeskOpening, signal?: AbortSignal): Promise<void> {
    await before.catch(() => undefined);
    this.#checkEpoch(key, opening);
    await this.#replace(key, opening, signal);
  }

  #checkEpoch(key: string, { epoch }: DeskOpening): void {
    const held = this.#held.get(key)?.session.epoch ?? 0;
    if (epoch < held) throw overtaken(key, epoch, held);
  }

  async #replace(key: string, opening: DeskOpening, signal: AbortSignal | undefined): Promise<void> {
    await this.#drop(key);
    this.#openings += 1;
    const engineSession = `${key}#${this.#openings}`; // of its own, so that a block still running can't touch the new one
    const { prompt, answer, sampling, exit, epoch } = opening;
    const request = { session: engineSession, prompt, answer };
    await this.#engine.open(sampling === undefined ? request : { ...request, sampling }, signal);
    while (this.#held.size >= this.#maxSessions) await this.#drop(this.#held.keys().next().value ?? '');
    const engine = this.#judging();
    const maxWaiting = this.#maxWaiting;
    const session = createVerifierSession({ engine, engineSession, exit, epoch, answer, maxWaiting });
    this.#held.set(key, { session, engineSession });
  }

  /** What a session sees of the engine: its blocks are judged together with those of others. */
  #judging(): Pick<Engine, 'draft' | 'verify'> {
    return {
      draft: (request, signal) => this.#engine.draft(request, signal),
      verify: (request, signal) => this.#batched.verify(request, signal),
    };
  }

  async #find(key: string): Promise<VerifierSession> {
    await this.#opening.get(key);
    const entry = this.#held.get(key);
    if (entry === undefined) throw unknownSession(key);
    this.#held.delete(key);
    this.#held.set(key, entry);
    return entry.session;
  }
}

/** An opening that was under way while its owner had long opened again must not undo that. */
function overtaken(key: string, epoch: number, held: number): AiflowError {
  return new AiflowError(
    'aborted',
    `opening of session ${key} with epoch ${epoch} came too late: epoch ${held} is held`,
  );
}

function unknownSession(key: string): AiflowError {
  return new AiflowError('not-found', `session ${key} is not held here: open it again from prompt and answer`);
}
