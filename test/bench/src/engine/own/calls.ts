// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';
import { median } from '../../harness/statistics.ts';
import { timed } from './batches.ts';
import type { OwnEngines } from './own-engine.ts';

/** Milliseconds of a call for one token. */
export interface CallFigures {
  readonly goingOnMs: number;
  readonly afterCropMs: number;
  readonly afterSwitchMs: number;
}

const CONTEXT = 128;
const CALLS = 16;
const REPEATS = 3;
const SESSIONS = ['one', 'other'] as const;

/** Every call computes one row at one exit; they differ in what comes before it. */
export async function openCalls(
  own: OwnEngines,
  format: ComputeFormat,
): Promise<AsyncDisposable & { measure(): Promise<CallFigures> }> {
  const exit = own.exits.at(-1) ?? 0;
  const engine = await own.open(format, [exit]);
  const tokens = own.prompt('calls', CALLS * 2);
  for (const session of SESSIONS) await engine.open({ session, prompt: own.prompt(session, CONTEXT - CALLS / 2) });
  const token = (session: string, base: number, given: number): Promise<unknown> =>
    engine.draft({ session, exit, base, given: [given], count: 1 });
  const begin = async (): Promise<void> => {
    for (const session of SESSIONS) await token(session, 0, 20);
  };
  const each = async (call: (index: number) => Promise<unknown>): Promise<number[]> => {
    await begin();
    const times: number[] = [];
    for (let index = 0; index < CALLS; index++) times.push(await timed(() => call(index)));
    return times;
  };
  return {
    measure: async () => {
      const [going, cropped, switched]: [number[], number[], number[]] = [[], [], []];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        going.push(...(await each(index => token('one', index + 1, tokens[index] ?? 0))));
        // The answer grows by two a call and is cropped by one: as long as above on average.
        cropped.push(...(await each(index => token('one', (index >> 1) + 1, tokens[CALLS + index] ?? 0))));
        const bothGoing = (index: number): Promise<unknown> =>
          token(SESSIONS[index % 2] ?? 'one', (index >> 1) + 1, tokens[index] ?? 0);
        switched.push(...(await each(bothGoing)));
      }
      return { goingOnMs: median(going), afterCropMs: median(cropped), afterSwitchMs: median(switched) };
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** Milliseconds to open the deepest exit where its graphs are built. */
export async function measureLoad(own: OwnEngines, format: ComputeFormat): Promise<number> {
  const exits = own.exits.slice(-1);
  await (await own.open(format, exits))[Symbol.asyncDispose](); // builds them
  let opened: AsyncDisposable | undefined;
  const spentMs = await timed(async () => {
    opened = await own.open(format, exits);
  });
  await opened?.[Symbol.asyncDispose]();
  return spentMs;
}
