// SPDX-License-Identifier: Apache-2.0
import { AiflowError, jsonAsk, jsonStream } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineActor, type LinkFaults, onAsk, onStream } from '../src/index.ts';
import { createVirtualFleet, type VirtualFleet } from './virtual-fleet.ts';

const double = jsonAsk<number, number>('test.double');
const numbers = jsonStream<number, number>('test.numbers');
const worker = { node: 'edge-1', actor: 'worker' };

const share = fc.double({ min: 0, max: 0.5, noNaN: true });
const anyFaults: fc.Arbitrary<LinkFaults> = fc.record({
  loss: share,
  duplicate: share,
  reorder: share,
  delayMs: fc.integer({ min: 0, max: 60 }),
  jitterMs: fc.integer({ min: 0, max: 100 }),
  reorderMs: fc.integer({ min: 1, max: 300 }),
});

test('over any link every ask ends once within its time, its handler ran at most once, and nothing is left', async () => {
  const scenario = fc.record({
    seed: fc.nat(),
    faults: anyFaults,
    timeouts: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 40 }),
    handleMs: fc.integer({ min: 0, max: 80 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    mailboxCapacity: fc.integer({ min: 1, max: 16 }),
  });
  const codes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, faults, timeouts, handleMs, concurrency, mailboxCapacity }) => {
      const fleet = await createVirtualFleet({ seed, faults });
      const runs = new Map<number, number>();
      fleet.edge.spawn(
        defineActor({
          name: 'worker',
          concurrency,
          mailboxCapacity,
          create: () => null,
          handlers: [
            onAsk(double, async (_state, value, context) => {
              runs.set(value, (runs.get(value) ?? 0) + 1);
              await sleep(context.clock, handleMs, context.signal);
              return value * 2;
            }),
          ],
        }),
      );
      const outcomes = timeouts.map(async (timeoutMs, value) => {
        await sleep(fleet.clock, value * 3);
        const beganMs = fleet.clock.nowMs();
        const outcome = await fleet.device.ask(worker, double, value, { timeoutMs }).catch(AiflowError.from);
        expect(fleet.clock.nowMs() - beganMs).toBeLessThanOrEqual(timeoutMs + 1e-6);
        return outcome;
      });
      await fleet.clock.runUntilIdle();
      for (const [value, outcome] of (await Promise.all(outcomes)).entries()) {
        const code = outcome instanceof AiflowError ? outcome.code : 'answered';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (outcome instanceof AiflowError) expect(['deadline-exceeded', 'resource-exhausted']).toContain(code);
        else expect(outcome).toBe(value * 2);
        expect(runs.get(value) ?? 0).toBeLessThanOrEqual(1);
      }
      await fleet.expectNothingLeft();
    }),
    { numRuns: 120 },
  );
  expect([...codes.keys()].sort()).toEqual(['answered', 'deadline-exceeded', 'resource-exhausted']); // all were met
}, 60_000);

interface Trial {
  readonly items: number[];
  readonly error: AiflowError | undefined;
  readonly overrun: number;
  readonly opened: number;
  readonly closed: number;
}

interface StreamSettings {
  readonly count: number;
  readonly credit: number;
  readonly itemMs: number;
  readonly readMs: number;
  readonly endMs?: number;
}

async function streamOnce(
  fleet: VirtualFleet,
  { count, credit, itemMs, readMs, endMs = 0 }: StreamSettings,
): Promise<Trial> {
  const trial = {
    items: [] as number[],
    error: undefined as AiflowError | undefined,
    overrun: 0,
    opened: 0,
    closed: 0,
  };
  fleet.edge.spawn(
    defineActor({
      name: 'worker',
      create: () => null,
      handlers: [
        onStream(numbers, async function* (_state, to, context) {
          trial.opened += 1;
          try {
            for (let value = 0; value < to; value++) {
              await sleep(context.clock, itemMs, context.signal);
              trial.overrun = Math.max(trial.overrun, value + 1 - trial.items.length - credit);
              yield value;
            }
            await sleep(context.clock, endMs, context.signal);
          } finally {
            trial.closed += 1;
          }
        }),
      ],
    }),
  );
  const read = async (): Promise<void> => {
    for await (const item of fleet.device.stream(worker, numbers, count, { credit, timeoutMs: 20_000 })) {
      trial.items.push(item);
      await sleep(fleet.clock, readMs);
    }
  };
  const reading = read().catch(error => {
    trial.error = AiflowError.from(error);
  });
  await fleet.clock.runUntilIdle();
  await reading;
  return trial;
}

test('over any link a stream yields a prefix in order within its credit, ends with all or an error, and nothing is left', async () => {
  const scenario = fc.record({
    seed: fc.nat(),
    faults: fc.oneof(
      anyFaults,
      anyFaults.map(faults => ({ ...faults, loss: 0 })),
    ),
    count: fc.integer({ min: 0, max: 60 }),
    credit: fc.integer({ min: 1, max: 20 }),
    itemMs: fc.integer({ min: 0, max: 20 }),
    readMs: fc.integer({ min: 0, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async settings => {
      const fleet = await createVirtualFleet(settings);
      const trial = await streamOnce(fleet, settings);
      expect(trial.items).toEqual(Array.from({ length: trial.items.length }, (_, index) => index));
      if (trial.error === undefined) expect(trial.items).toHaveLength(settings.count);
      else expect(['data-loss', 'deadline-exceeded']).toContain(trial.error.code);
      if (settings.faults.loss === 0) expect(trial.error).toBeUndefined();
      expect(trial.overrun).toBeLessThanOrEqual(1); // one is in the reader's hands
      expect(trial.opened).toBeLessThanOrEqual(1);
      expect(trial.closed).toBe(trial.opened);
      await fleet.expectNothingLeft();
    }),
    { numRuns: 120 },
  );
}, 60_000);

test('items that a cut swallowed, the last ones and the end included, are sent again once the link is back', async () => {
  const fleet = await createVirtualFleet({ faults: { delayMs: 1 } });
  fleet.clock.setTimer(45, () => fleet.network.partition('device-1', 'edge-1'));
  fleet.clock.setTimer(2_000, () => fleet.network.heal('device-1', 'edge-1'));
  const trial = await streamOnce(fleet, { count: 10, credit: 16, itemMs: 5, readMs: 0 });
  expect(trial.error).toBeUndefined();
  expect(trial.items).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(fleet.clock.nowMs()).toBeLessThan(6_000); // not the 20 000 the call was given
  await fleet.expectNothingLeft();
});

test('an item too big to be kept ends the stream with data-loss when it is lost, and the stream names it', async () => {
  const bytes = jsonStream<null, string>('test.bytes');
  const fleet = await createVirtualFleet({ faults: { delayMs: 1 } });
  fleet.edge.spawn(
    defineActor({
      name: 'worker',
      create: () => null,
      handlers: [
        onStream(bytes, async function* (_state, _request, context) {
          for (const size of [1, 70_000, 1]) {
            await sleep(context.clock, 10, context.signal);
            yield 'x'.repeat(size);
          }
        }),
      ],
    }),
  );
  fleet.clock.setTimer(15, () => fleet.network.partition('device-1', 'edge-1'));
  fleet.clock.setTimer(25, () => fleet.network.heal('device-1', 'edge-1'));
  const read = async (): Promise<void> => {
    for await (const _ of fleet.device.stream(worker, bytes, null, { timeoutMs: 20_000 }));
  };
  const error = read().catch(AiflowError.from);
  await fleet.clock.runUntilIdle();
  expect(await error).toMatchObject({ code: 'data-loss' });
  expect(((await error) as AiflowError).message).toContain('item 1 from edge-1/worker was lost');
  expect(fleet.clock.nowMs()).toBeLessThan(8_000);
  await fleet.expectNothingLeft();
});

test('a stream outlives a broker that is away for up to two seconds: every item once, in order, within its credit', async () => {
  const scenario = fc.record({
    seed: fc.nat(),
    credit: fc.integer({ min: 1, max: 20 }),
    readMs: fc.integer({ min: 0, max: 20 }),
    stopAtMs: fc.integer({ min: 5, max: 700 }),
    awayMs: fc.integer({ min: 1, max: 2_000 }),
    upAfterMs: fc.record({ device: fc.integer({ min: 0, max: 500 }), edge: fc.integer({ min: 0, max: 500 }) }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, credit, readMs, stopAtMs, awayMs, upAfterMs }) => {
      const fleet = await createVirtualFleet({ seed, faults: { delayMs: 3 } });
      fleet.clock.setTimer(stopAtMs, () => fleet.stopBroker());
      fleet.clock.setTimer(stopAtMs + awayMs, () => fleet.restartBroker(upAfterMs));
      const trial = await streamOnce(fleet, { count: 40, credit, itemMs: 15, readMs });
      expect(trial.error).toBeUndefined();
      expect(trial.items).toEqual(Array.from({ length: 40 }, (_, index) => index));
      expect(trial.overrun).toBeLessThanOrEqual(1);
      expect(trial.closed).toBe(1);
      await fleet.expectNothingLeft();
    }),
    { numRuns: 120 },
  );
}, 60_000);

test('a stream whose broker never comes back ends at its deadline and names the hop', async () => {
  const fleet = await createVirtualFleet({ faults: { delayMs: 1 } });
  fleet.clock.setTimer(100, () => fleet.stopBroker());
  const trial = await streamOnce(fleet, { count: 40, credit: 16, itemMs: 15, readMs: 0 });
  expect(trial.items).toEqual([0, 1, 2, 3, 4, 5]);
  expect(trial.error).toMatchObject({ code: 'deadline-exceeded', hop: 'device-1 -> edge-1/worker' });
  expect(trial.closed).toBe(1);
  await fleet.expectNothingLeft();
});

test('a reply that is ready while the broker is away arrives when it is back, and an end or a failure does too', async () => {
  const fleet = await createVirtualFleet({ faults: { delayMs: 1 } });
  fleet.edge.spawn(
    defineActor({
      name: 'worker',
      create: () => null,
      concurrency: 2,
      handlers: [
        onAsk(double, async (_state, value, context) => {
          await sleep(context.clock, 100, context.signal);
          if (value < 0) throw new AiflowError('out-of-range', 'too small');
          return value * 2;
        }),
      ],
    }),
  );
  const asks = [21, -1].map(value =>
    fleet.device.ask(worker, double, value, { timeoutMs: 5_000 }).catch(AiflowError.from),
  );
  fleet.clock.setTimer(50, () => fleet.stopBroker());
  fleet.clock.setTimer(1_500, () => fleet.restartBroker());
  await fleet.clock.runUntilIdle();
  expect(await Promise.all(asks)).toMatchObject([42, { code: 'out-of-range' }]);
  expect(fleet.clock.nowMs()).toBeLessThan(2_000);
  await fleet.expectNothingLeft();
});

test('a cut that swallowed only the end of a stream costs no item: the end is repeated', async () => {
  const fleet = await createVirtualFleet({ faults: { delayMs: 1 } });
  fleet.clock.setTimer(60, () => fleet.network.partition('device-1', 'edge-1'));
  fleet.clock.setTimer(2_000, () => fleet.network.heal('device-1', 'edge-1'));
  const trial = await streamOnce(fleet, { count: 10, credit: 16, itemMs: 5, readMs: 0, endMs: 30 });
  expect(trial.items).toHaveLength(10);
  expect(trial.error).toBeUndefined();
  await fleet.expectNothingLeft();
});
