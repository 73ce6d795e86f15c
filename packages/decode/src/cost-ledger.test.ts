import { expect, test } from 'vitest';
import { costLedgerOf, type SimulatedFleet, type SimulatedPlan, simulatePlan } from './index.ts';

const link = { rttMs: 40, bytesPerSecond: 125_000 };
const fleet: SimulatedFleet = {
  device: { exits: { 1: { stepMs: 2 } } },
  cloud: { exits: { 4: { stepMs: 8 } }, link },
  ...{ agreement: { 1: 0.9 }, referenceExit: 4, answerTokens: 40, promptTokens: 10 },
};
const plan: SimulatedPlan = {
  ...{ kind: 'two-tiers', draftLengths: [4], window: 4, maxAhead: 32, pull: 0 },
  members: [
    { tier: 'device', exit: 1 },
    { tier: 'cloud', exit: 4 },
  ],
};

test('an answer tells what it took: time and tokens by tier, messages and bytes by link', async () => {
  const result = await simulatePlan(fleet, plan, 1);
  const { ledger } = result;
  const [device, cloud] = ledger?.tiers ?? [];
  expect(ledger).toMatchObject({ answerTokens: 40, durationMs: result.durationMs, drafted: device?.tokens });
  expect(ledger?.msPerToken).toBeCloseTo(result.durationMs / 40);
  expect(ledger?.accepted).toBe(result.tiers[1]?.accepted);
  expect(device).toMatchObject({ role: 'drafter', exit: 1 });
  expect(device?.computeMs).toBeGreaterThanOrEqual(2 * (device?.tokens ?? 0));
  expect(cloud?.tokens).toBe((result.tiers[1]?.proposed ?? 0) + (result.tiers[1]?.verifyCalls ?? 0));
  const carried = ledger?.links[0];
  expect(carried?.sentMessages).toBeGreaterThan(10);
  expect(carried?.receivedBytes).toBe((carried?.receivedMessages ?? 0) * 460);
  expect(carried?.sentBytes).toBeGreaterThan((carried?.sentMessages ?? 0) * 460);
  expect(carried?.rttMs).toBeGreaterThanOrEqual(40);
});

test('joules are there for the tiers that state their watts, and only for them', async () => {
  const result = await simulatePlan(fleet, plan, 1);
  expect(result.ledger?.joules).toBeUndefined();
  const ledger = costLedgerOf(result, { watts: new Map([['device', 5]]) });
  const deviceMs = result.tiers[0]?.computeMs ?? 0;
  expect(ledger.tiers[0]?.joules).toBeCloseTo((5 * deviceMs) / 1000);
  expect(ledger.tiers[1]?.joules).toBeUndefined();
  expect(ledger.joules).toBeCloseTo((5 * deviceMs) / 1000);
});
