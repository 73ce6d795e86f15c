// SPDX-License-Identifier: Apache-2.0
// An answer that may be revised ends by the limits it was given, and with its asker.
import { describe, expect, test } from 'vitest';
import { askAnswer } from '../src/index.ts';
import { distant, late } from './late-cloud.ts';
import { startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { CLOUD, DEVICE, honestCosts, startToyFleet, type ToyFleet } from './toy-fleet.ts';

describe('limits', () => {
  test('the answerer allows no more time than it allows any question', async () => {
    const fleet = await startToyFleet({ ...distant, answerer: { maxDeadlineMs: 400 } });
    const { provisional, summary, durationMs } = await fleet.ask(late);
    expect(provisional).toHaveLength(1);
    expect(summary).toMatchObject({ outcome: 'deadline' });
    expect(durationMs).toBeLessThanOrEqual(400);
  });

  test('neither does its asker', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, summary } = await fleet.ask(late, { timeoutMs: 420 });
    expect(provisional).toHaveLength(1);
    expect(summary).toMatchObject({ outcome: 'deadline' });
  });

  test.each([
    [{ deadlineMs: 300, revisionsUntilMs: 299 }, 'from the deadline, 300, up to 3600000, got 299'],
    [{ revisionsUntilMs: 29_999 }, 'from the deadline, 30000, up to 3600000, got 29999'],
    [{ deadlineMs: 300, revisionsUntilMs: 3_600_001 }, 'got 3600001'],
  ])('revisions before the deadline or without an end are refused: %j', async (times, message) => {
    const fleet = await startToyFleet(distant);
    const { error } = await fleet.ask({ question, ...times });
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error?.message).toContain('revisionsUntilMs must be milliseconds');
    expect(error?.message).toContain(message);
  });
});

async function expectNoWorkLeft(fleet: ToyFleet, nodes: readonly string[]): Promise<void> {
  await fleet.clock.advance(2000);
  for (const node of nodes) expect((await fleet.engine(node).status()).sessions).toBe(0);
}

describe('an asker that leaves after the deadline', () => {
  test('by giving up ends the work everywhere', async () => {
    const fleet = await startToyFleet(distant);
    const controller = new AbortController();
    fleet.clock.setTimer(200, () => controller.abort());
    const { provisional, error } = await fleet.ask(late, { signal: controller.signal });
    expect(provisional).toHaveLength(1);
    expect(error?.code).toBe('cancelled');
    await expectNoWorkLeft(fleet, ['device-1', 'cloud-1']);
  });

  test('by reading no further ends the work everywhere', async () => {
    const fleet = await startToyFleet(distant);
    const untilDeadline = async (): Promise<boolean> => {
      const to = { node: 'device-1', actor: 'answerer' };
      for await (const item of fleet.system('cloud-1').stream(to, askAnswer, late, { timeoutMs: 20_000 })) {
        if (item.kind === 'summary') return item.summary.provisional === true;
      }
      return false;
    };
    expect(await fleet.clock.runUntilSettled(untilDeadline())).toBe(true);
    await expectNoWorkLeft(fleet, ['device-1', 'cloud-1']);
  });
});

test('the planner learns as much of an answer that was revised as of any other', async () => {
  const expectedAfter = async (times: { deadlineMs: number; revisionsUntilMs?: number }): Promise<unknown> => {
    const fleet = await startPlanned([DEVICE, CLOUD], { 'cloud-1': 20 }, node => ({
      ...honestCosts(node),
      exits: honestCosts(node).exits.map(cost => ({ ...cost, stepMs: 1.5 * cost.stepMs })),
    }));
    for (let round = 0; round < 3; round++) await fleet.ask({ question, tiers: 'two', ...times });
    const { summary } = await fleet.ask({ question, tiers: 'two', deadlineMs: 10_000 });
    return { kind: summary?.plan?.kind, expectedMs: summary?.plan?.expectedMs };
  };
  const plain = await expectedAfter({ deadlineMs: 10_000 });
  expect(await expectedAfter({ deadlineMs: 60, revisionsUntilMs: 10_000 })).toEqual(plain);
});
