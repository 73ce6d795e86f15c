import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { violations } from './fault-schedules/invariants.ts';
import { playSchedule } from './fault-schedules/play-schedule.ts';
import { drawSchedule, FAULT_KINDS, type Schedule } from './fault-schedules/schedule.ts';
import { shrink } from './fault-schedules/shrink.ts';
import { createTally } from './fault-schedules/tally.ts';

/** Schedules in which at least one fault met something; those without are played too, but do not count. */
const WANTED = Number(process.env.FAULT_SCHEDULES ?? 10_000);
const FIRST_SEED = Number(process.env.FAULT_FIRST_SEED ?? 1);
/** Plays this one only. */
const ONE_SEED = process.env.FAULT_SEED;
/** A file for the counts. */
const REPORT = process.env.FAULT_REPORT;

const BATCHES = 10;
const LIMIT_MS = 20_000 + WANTED * 100;

async function broken(schedule: Schedule): Promise<readonly string[]> {
  return violations(await playSchedule(schedule));
}

/** What a failure tells: the seed, what broke, how to see it again, and the least that still breaks. */
async function describeFailure(schedule: Schedule, found: readonly string[]): Promise<string> {
  const least = await shrink(schedule, async one => (await broken(one)).length > 0);
  return [
    `seed ${schedule.seed}: ${found.join('\n  ')}`,
    `replay: FAULT_SEED=${schedule.seed} npx vitest run packages/roles/test/fault-schedules.test.ts`,
    `least schedule that breaks: ${JSON.stringify(least)}`,
    `  ${(await broken(least)).join('\n  ')}`,
  ].join('\n');
}

test.runIf(ONE_SEED !== undefined)(`seed ${ONE_SEED} keeps every invariant`, async () => {
  const schedule = drawSchedule(Number(ONE_SEED));
  const found = await broken(schedule);
  if (found.length > 0) expect.fail(await describeFailure(schedule, found));
});

describe.runIf(ONE_SEED === undefined)('whatever goes wrong between the tiers', () => {
  const tally = createTally();
  let seed = FIRST_SEED;

  test.each(Array.from({ length: BATCHES }, (_, at) => at + 1))(
    `committed text is the reference’s and every session ends (part %i of ${BATCHES})`,
    async part => {
      const failures: string[] = [];
      for (; tally.disturbed < (WANTED * part) / BATCHES; seed++) {
        const schedule = drawSchedule(seed);
        const played = await playSchedule(schedule);
        const found = violations(played);
        tally.note(played);
        if (found.length > 0 && failures.length < 3) failures.push(await describeFailure(schedule, found));
      }
      if (REPORT !== undefined) writeFileSync(REPORT, `${JSON.stringify(tally.report(), null, 2)}\n`);
      expect(failures.join('\n\n')).toBe('');
    },
    LIMIT_MS,
  );

  test('every kind of fault met something, in every way of decoding', () => {
    const { hits, ways } = tally.report();
    const least = WANTED / 200;
    for (const kind of FAULT_KINDS) expect(hits[kind]?.schedules ?? 0, kind).toBeGreaterThan(least);
    for (const [way, count] of Object.entries(ways)) expect(count, way).toBeGreaterThan(least);
    expect(tally.disturbed).toBeGreaterThanOrEqual(WANTED);
  });
});
