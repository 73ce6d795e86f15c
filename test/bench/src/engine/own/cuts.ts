// SPDX-License-Identifier: Apache-2.0
import type { BatchingEngine, ComputeFormat } from '@aiflow/model';
import { median } from '../../harness/statistics.ts';
import { timed } from './batches.ts';
import type { OwnEngines } from './own-engine.ts';

/** Milliseconds a token at the deepest exit. */
export interface CutFigures {
  readonly wholeMs: number;
  readonly cutMs: number;
}

const CONTEXT = 64;
const TOKENS = 16;
const REPEATS = 5;

/** An engine with the deepest exit alone, beside one whose trunk is cut because it holds every exit. */
export async function openCuts(
  own: OwnEngines,
  format: ComputeFormat,
): Promise<AsyncDisposable & { measure(): Promise<CutFigures> }> {
  const exit = own.exits.at(-1) ?? 0;
  const whole = await own.open(format, [exit]);
  const cut = await own.open(format, own.exits);
  const prompt = own.prompt('cuts', CONTEXT - TOKENS / 2);
  for (const engine of [whole, cut]) await engine.open({ session: 'cuts', prompt });
  /** Single tokens that are given, so that both do the same and no end token comes in between. */
  const run = async (engine: BatchingEngine): Promise<void> => {
    for (let base = 0; base < TOKENS; base++) {
      await engine.draft({ session: 'cuts', exit, base, given: [prompt[base] ?? 0], count: 1 });
    }
  };
  return {
    measure: async () => {
      const [wholeMs, cutMs]: [number[], number[]] = [[], []];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        wholeMs.push((await timed(() => run(whole))) / TOKENS);
        cutMs.push((await timed(() => run(cut))) / TOKENS);
      }
      return { wholeMs: median(wholeMs), cutMs: median(cutMs) };
    },
    [Symbol.asyncDispose]: async () => {
      await whole[Symbol.asyncDispose]();
      await cut[Symbol.asyncDispose]();
    },
  };
}
