// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import type { BatchingEngine, ComputeFormat, DraftRequest, Outcome, VerifyRequest } from '@aiflow/model';
import { median } from '../../harness/statistics.ts';
import { BATCH_TOKENS, type BatchWork } from '../own-rows.ts';
import type { OwnEngines } from './own-engine.ts';

/** Milliseconds for the same requests, one by one and at once. */
export interface BatchFigures {
  readonly oneByOneMs: number;
  readonly atOnceMs: number;
}

const REPEATS = 5;
/** Sessions of unequal length around 128 tokens. */
const LENGTHS = [128, 109, 147, 120, 136, 101, 155, 128] as const;

/** Prepares sessions of one engine for batches of any size. */
export async function openBatches(
  own: OwnEngines,
  format: ComputeFormat,
): Promise<AsyncDisposable & { measure(work: BatchWork, sessions: number): Promise<BatchFigures> }> {
  const exit = own.exits.at(-1) ?? 0;
  const engine = await own.open(format, [exit]);
  for (const [index, length] of LENGTHS.entries()) {
    await engine.open({ session: `batch ${index}`, prompt: own.prompt(`batch ${index}`, length) });
    await engine.draft({ session: `batch ${index}`, exit, base: 0, count: 1 });
  }
  return {
    measure: async (work, sessions) => {
      const run = work === 'verify' ? verifying(engine, own, { exit, sessions }) : drafting(engine, { exit, sessions });
      await run.oneByOne();
      await run.atOnce();
      const times: { readonly alone: number[]; readonly together: number[] } = { alone: [], together: [] };
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        times.alone.push(await timed(run.oneByOne));
        times.together.push(await timed(run.atOnce));
      }
      return { oneByOneMs: median(times.alone), atOnceMs: median(times.together) };
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

interface Run {
  oneByOne(): Promise<unknown>;
  atOnce(): Promise<unknown>;
}

interface Batch {
  readonly exit: number;
  readonly sessions: number;
}

/** The proposals are made up, so that none is accepted and every repeat does the same. */
function verifying(engine: BatchingEngine, own: OwnEngines, { exit, sessions }: Batch): Run {
  const requests = Array.from({ length: sessions }, (_, index): VerifyRequest => {
    const tokens = own.prompt(`proposal ${index}`, BATCH_TOKENS);
    return { session: `batch ${index}`, exit, base: 1, tokens };
  });
  return {
    oneByOne: async () => {
      for (const request of requests) await engine.verify(request);
    },
    atOnce: async () => requireAll(await engine.verifyMany(requests)),
  };
}

function drafting(engine: BatchingEngine, { exit, sessions }: Batch): Run {
  const requests = Array.from({ length: sessions }, (_, index): DraftRequest => {
    return { session: `batch ${index}`, exit, base: 1, count: BATCH_TOKENS };
  });
  return {
    oneByOne: async () => {
      for (const request of requests) await engine.draft(request);
    },
    atOnce: async () => requireAll(await engine.draftMany(requests)),
  };
}

function requireAll(outcomes: readonly Outcome<unknown>[]): void {
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}
