// SPDX-License-Identifier: Apache-2.0
import { median } from '../../harness/statistics.ts';
import { timed } from './batches.ts';
import type { OwnEngines } from './own-engine.ts';

/** What callers notice of a host that is replaced for its memory. */
export interface RecyclingFigures {
  readonly openingMs: number;
  readonly longestMs: number;
  readonly differing: number;
}

const SESSIONS = 6;
const LENGTH = 200;
const TOKENS = 4;
const MOST_FILLERS = 120;
const CALLS_AFTER = 24;
const HEADROOM_BYTES = 48 * 2 ** 20;

/** Fills a host until it is replaced, and goes on asking a few sessions meanwhile. */
export async function measureRecycling(own: OwnEngines): Promise<RecyclingFigures> {
  const exits = own.exits.slice(-1);
  const [exit = 0] = exits;
  const probe = await own.openHosted('int8', { exits });
  const { residentBytes } = probe.statistics();
  await probe[Symbol.asyncDispose]();
  await using engine = await own.openHosted('int8', { exits, rssLimitBytes: residentBytes + HEADROOM_BYTES });

  const draft = async (session: string): Promise<readonly number[]> =>
    (await engine.draft({ session, exit, base: 0, count: TOKENS })).tokens;
  const open = async (session: string): Promise<void> =>
    engine.open({ session, prompt: own.prompt(`recycling ${session}`, LENGTH) });
  const expected = new Map<string, string>();
  const openings: number[] = [];
  for (let index = 0; index < SESSIONS; index++) {
    const session = `kept ${index}`;
    openings.push(
      await timed(async () => {
        await open(session);
        expected.set(session, String(await draft(session)));
      }),
    );
  }
  let longestMs = 0;
  let differing = 0;
  const ask = async (index: number): Promise<void> => {
    const session = `kept ${index % SESSIONS}`;
    const check = async (): Promise<void> => {
      // Another token in between makes the host compute what it answered before.
      await engine.draft({ session, exit, base: 0, given: [17], count: 1 });
      const same = await draft(session).then(
        tokens => String(tokens) === expected.get(session),
        () => false,
      );
      if (!same) differing++;
    };
    longestMs = Math.max(longestMs, (await timed(check)) / 2);
  };
  let made = 0;
  for (; made < MOST_FILLERS && engine.statistics().recycles === 0; made++) {
    await open(`filler ${made}`);
    await draft(`filler ${made}`);
    await ask(made);
  }
  if (engine.statistics().recycles === 0) throw new Error(`${made} sessions did not make the host large enough`);
  for (let index = 0; index < CALLS_AFTER; index++) await ask(made + index);
  return { openingMs: median(openings), longestMs, differing };
}
