// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import type { Clock } from '@aiflow/time';
import { median } from '../harness/statistics.ts';

/** Median time of one token, by what came before it. */
export interface SwitchingTimes {
  /** The same session's token before. */
  readonly sameMs: number;
  /** Another session's token. */
  readonly switchedMs: number;
  /** A rollback of three tokens in the same session. */
  readonly croppedMs: number;
}

/** Where and how often to measure; a round is four tokens. */
export interface SwitchingPlan {
  readonly exit: number;
  readonly rounds: number;
  readonly vocabulary: number;
}

const PROMPT_LENGTH = 128;
const CROPPED = 3;

/** Takes turns between the three, so that what else the machine does meets all of them alike. */
export async function measureSwitching(
  engine: Engine,
  { clock }: { readonly clock: Clock },
  { exit, rounds, vocabulary }: SwitchingPlan,
): Promise<SwitchingTimes> {
  const bases = { one: 0, other: 0 };
  const token = (index: number): number => (index * 31 + 4) % vocabulary;
  const prompt = Array.from({ length: PROMPT_LENGTH }, (_, index) => token(index));
  const step = async (session: keyof typeof bases, cropped = 0): Promise<number> => {
    bases[session] = Math.max(0, bases[session] - cropped);
    const base = bases[session]++;
    const beganMs = clock.nowMs();
    // The given token differs from what was there before a rollback, so its row is always computed.
    await engine.draft({ session, exit, base, given: [token(base + cropped)], count: 1 });
    return clock.nowMs() - beganMs;
  };
  for (const session of ['one', 'other'] as const) {
    await engine.open({ session, prompt });
    await step(session);
  }
  const times = { same: [] as number[], switched: [] as number[], cropped: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const [present, next] = round % 2 === 0 ? (['other', 'one'] as const) : (['one', 'other'] as const);
    times.same.push(await step(present));
    times.switched.push(await step(next));
    times.same.push(await step(next));
    times.cropped.push(await step(next, CROPPED));
  }
  return { sameMs: median(times.same), switchedMs: median(times.switched), croppedMs: median(times.cropped) };
}
