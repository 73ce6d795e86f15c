import { SILENT_LOGGER } from '@aiflow/actor';
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createFamilyReporter, type ReportedEngine } from './family-report.ts';

function engineTaking(msOf: (tokens: number) => number, spend: (ms: number) => Promise<void>): ReportedEngine {
  return {
    family: 'nano',
    format: 'int8',
    exits: [1, 3],
    tensorContract: 'contract',
    featureSpaces: new Map([[1, 'ab']]),
    measureVerifyCurve: async ({ tokens }) => {
      const points = tokens.map(count => ({ tokens: count, ms: msOf(count) }));
      for (const { ms } of points) await spend(ms);
      return points;
    },
  };
}

test('the curve is empty at first, then says its points in the format of the engine', async () => {
  const clock = createVirtualClock();
  const reporter = createFamilyReporter(
    { clock, logger: SILENT_LOGGER },
    engineTaking(
      tokens => tokens,
      async () => undefined,
    ),
  );
  expect(reporter.report()).toMatchObject({
    family: 'nano',
    exits: [1, 3],
    featureSpaces: [{ layer: 1, id: 'ab' }],
    verifyCurve: [],
  });
  await reporter.measure(3, new AbortController().signal);
  expect(reporter.report().verifyCurve).toEqual(
    [1, 4, 8, 16, 32].map(tokens => ({ format: 'int8', tokens, ms: tokens })),
  );
});

test('a slow machine leaves out the points that would take it beyond a second', async () => {
  const clock = createVirtualClock();
  const reporter = createFamilyReporter(
    { clock, logger: SILENT_LOGGER },
    engineTaking(
      () => 600,
      ms => clock.advance(ms),
    ),
  );
  await reporter.measure(3, new AbortController().signal);
  expect(reporter.report().verifyCurve.map(({ tokens }) => tokens)).toEqual([1, 4]);
});

test('an engine that fails leaves the points it had and harms nobody', async () => {
  const clock = createVirtualClock();
  let calls = 0;
  const engine = engineTaking(
    () => 1,
    async () => {
      calls += 1;
      if (calls > 2) throw new Error('lost');
    },
  );
  const reporter = createFamilyReporter({ clock, logger: SILENT_LOGGER }, engine);
  await reporter.measure(3, new AbortController().signal);
  expect(reporter.report().verifyCurve).toHaveLength(2);
});
