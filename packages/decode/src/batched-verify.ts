// SPDX-License-Identifier: Apache-2.0
//
// One pass for many. While the engine works, blocks of several sessions gather; when it is done, those that wait go
// together if the engine offers that. Nobody is held back for company: an idle engine starts at once.
//
// B1  At most one call to `verifyMany` or `verify` of a batcher is under way; what waits goes in the order it came.
// B2  A batch has at most one block of a session, and at most `maxBatch` blocks.
// B3  Each asker gets its own verdict or its own error: one session that fails does not touch the others.
// B4  An asker that gives up is answered at once. Its block is left out if it still waits; a batch under way is cancelled
//     only when all its askers gave up.
import type { Engine, VerifyRequest, VerifyResult } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';

/** An engine that may be able to judge blocks of several sessions in one pass. */
export interface BatchVerification {
  /**
   * One outcome for each request, in order, at most one request of a session: what `verify` would have given, with
   * `computeMs` of the whole call.
   */
  verifyMany?(
    requests: readonly VerifyRequest[],
    signal?: AbortSignal,
  ): Promise<readonly PromiseSettledResult<VerifyResult>[]>;
}

/** What a desk judges with. */
export type VerifyingEngine = Engine & BatchVerification;

/** How much was judged together. */
export interface BatchCounts {
  readonly calls: number;
  readonly blocks: number;
  readonly largestBatch: number;
}

/** What was judged in one call. */
export interface JudgedBatch {
  readonly sessions: number;
  /** Drafted tokens in all blocks together. */
  readonly tokens: number;
  /** Of the whole call. */
  readonly computeMs: number;
}

/** Hears of each call that judged at least one of its blocks, after its askers were answered. */
export type BatchObserver = (batch: JudgedBatch) => void;

/** Judges blocks of many sessions, together where that is possible. */
export interface BatchedVerify {
  readonly counts: BatchCounts;
  verify(request: VerifyRequest, signal?: AbortSignal): Promise<VerifyResult>;
}

interface Waiting {
  readonly request: VerifyRequest;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: VerifyResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers for `engine` up to `maxBatch` blocks. */
export function createBatchedVerify(
  engine: VerifyingEngine,
  maxBatch: number,
  observe: BatchObserver = () => undefined,
): BatchedVerify {
  return new Batcher(engine, maxBatch, observe);
}

class Batcher implements BatchedVerify {
  readonly #engine: VerifyingEngine;
  readonly #maxBatch: number;
  readonly #observe: BatchObserver;
  #waiting: readonly Waiting[] = [];
  #isBusy = false;
  #counts: BatchCounts = { calls: 0, blocks: 0, largestBatch: 0 };

  constructor(engine: VerifyingEngine, maxBatch: number, observe: BatchObserver) {
    this.#engine = engine;
    this.#maxBatch = maxBatch;
    this.#observe = observe;
  }

  get counts(): BatchCounts {
    return this.#counts;
  }

  verify(request: VerifyRequest, signal?: AbortSignal): Promise<VerifyResult> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const entry: Waiting = { request, signal, resolve, reject };
      signal?.addEventListener('abort', () => this.#giveUp(entry), { once: true });
      this.#waiting = [...this.#waiting, entry];
      if (!this.#isBusy) void this.#workOff();
    });
  }

  #giveUp(entry: Waiting): void {
    this.#waiting = this.#waiting.filter(other => other !== entry);
    entry.reject(entry.signal?.reason);
  }

  /** B1. */
  async #workOff(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) await this.#judge(this.#takeBatch());
    this.#isBusy = false;
  }

  /** B2. */
  #takeBatch(): readonly Waiting[] {
    const most = this.#engine.verifyMany === undefined ? 1 : this.#maxBatch;
    const batch = new Map<string, Waiting>();
    for (const entry of this.#waiting) {
      const { session } = entry.request;
      if (batch.size < most && !batch.has(session)) batch.set(session, entry);
    }
    const taken = [...batch.values()];
    this.#waiting = this.#waiting.filter(entry => batch.get(entry.request.session) !== entry);
    return taken;
  }

  async #judge(batch: readonly Waiting[]): Promise<void> {
    const { calls, blocks, largestBatch } = this.#counts;
    const size = batch.length;
    this.#counts = { calls: calls + 1, blocks: blocks + size, largestBatch: Math.max(largestBatch, size) };
    const given = new AbortController();
    const release = cancelWhenAllGaveUp(batch, given);
    try {
      const outcomes = await this.#askEngine(batch, given.signal);
      for (const [at, entry] of batch.entries()) settle(entry, outcomes[at]);
      const judged = judgedBatch(batch, outcomes);
      if (judged !== undefined) this.#observe(judged);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      release();
    }
  }

  async #askEngine(
    batch: readonly Waiting[],
    signal: AbortSignal,
  ): Promise<readonly PromiseSettledResult<VerifyResult>[]> {
    const [only] = batch;
    const engine = this.#engine;
    if (batch.length > 1 && engine.verifyMany !== undefined) {
      return engine.verifyMany(
        batch.map(({ request }) => request),
        signal,
      );
    }
    return only === undefined ? [] : [{ status: 'fulfilled', value: await engine.verify(only.request, signal) }];
  }
}

function judgedBatch(
  batch: readonly Waiting[],
  outcomes: readonly PromiseSettledResult<VerifyResult>[],
): JudgedBatch | undefined {
  const judged = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (judged.length === 0) return undefined;
  const tokens = batch.reduce((sum, { request }) => sum + request.tokens.length, 0);
  return { sessions: batch.length, tokens, computeMs: Math.max(...judged.map(({ computeMs }) => computeMs)) };
}

/** B3. */
function settle(entry: Waiting, outcome: PromiseSettledResult<VerifyResult> | undefined): void {
  if (outcome === undefined) entry.reject(new AiflowError('internal', 'B3: the engine left a block of a batch out'));
  else if (outcome.status === 'rejected') entry.reject(outcome.reason);
  else entry.resolve(outcome.value);
}

/** B4. */
function cancelWhenAllGaveUp(batch: readonly Waiting[], work: AbortController): () => void {
  const check = (): void => {
    if (batch.every(({ signal }) => signal?.aborted === true)) work.abort(batch[0]?.signal?.reason);
  };
  for (const { signal } of batch) signal?.addEventListener('abort', check, { once: true });
  return () => {
    for (const { signal } of batch) signal?.removeEventListener('abort', check);
  };
}
