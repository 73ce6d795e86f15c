// SPDX-License-Identifier: Apache-2.0
// Where an answer may be revised after its deadline, drafts stand at the deadline, whatever would be faster in the end.
import { describe, expect, test } from 'vitest';
import { expectCommittedNeverChanges } from './late-cloud.ts';
import { type PlannedFleet, startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE, type ToyNode } from './toy-fleet.ts';

const times = { deadlineMs: 150, revisionsUntilMs: 20_000 };
const holder: ToyNode = { ...DEVICE, exits: [1, 4], stepMs: 30 };

/** Drafts of exit 1 at the deadline, the text of exit 4 in the end. */
function expectDraftsFirst(fleet: PlannedFleet, asked: Asked): void {
  expect(asked.error).toBeUndefined();
  expect(asked.provisional).toHaveLength(1);
  expect(asked.provisional[0]?.revision).toMatchObject({ tier: 'device', exit: 1, committed: 0 });
  expect(asked.provisional[0]?.revision?.text).not.toBe('');
  expectCommittedNeverChanges(asked);
  expect(asked.revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true });
  expect(asked.summary).toMatchObject({ exact: true, outcome: 'complete' });
}

describe('a node without the wanted exit', () => {
  test('has the text of the deadline beside drafts of this node, where a plan would only have asked it token by token', async () => {
    const nodes = [{ ...DEVICE, stepMs: 30 }, CLOUD];
    const fleet = await startPlanned(nodes, { 'cloud-1': 500 });
    const usual = await fleet.ask({ question, deadlineMs: 10_000 });
    expect(usual.summary?.plan?.kind).toMatch(/pull|hand-over/);
    const asked = await fleet.ask({ question, deadlineMs: 300, revisionsUntilMs: 20_000 });
    expect(asked.provisional[0]?.revision).toMatchObject({ tier: 'device', exit: 1 });
    expect(asked.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(asked.summary).toMatchObject({ mode: 'two', exact: true });
    expect(asked.summary?.reasons.join()).toMatch(
      /drafts were made for the deadline, by which .* was not expected to have a word/,
    );
  });
});

describe('a node that holds the wanted exit itself', () => {
  test('drafts with its shallow exit and judges with its deep one, where it would not be through alone', async () => {
    const fleet = await startPlanned([holder], {});
    const usual = await fleet.ask({ question, deadlineMs: 20_000 });
    expect(usual.summary).toMatchObject({ mode: 'local', exact: true, plan: { kind: 'local' }, reasons: [] });
    const asked = await fleet.ask({ question, ...times });
    expectDraftsFirst(fleet, asked);
    expect(asked.summary).toMatchObject({ mode: 'local', links: [] });
    expect(asked.summary?.plan).toBeUndefined();
    expect(asked.summary?.whyUnplanned).toBe('drafts were made for the deadline first');
    expect(asked.summary?.reasons).toEqual([
      'drafts were made for the deadline, by which "device-1 exit 4 alone" was not expected to be through',
    ]);
    expect(asked.summary?.tiers).toMatchObject([
      { node: 'device-1', exit: 1, role: 'drafter' },
      { node: 'device-1', exit: 4, role: 'verifier', state: 'serving' },
    ]);
    await fleet.clock.advance(2000);
    expect((await fleet.engine('device-1').status()).sessions).toBe(0);
  });

  test('does so too when asked to answer alone and its deep exit would not have a word in time', async () => {
    const fleet = await startPlanned([holder, CLOUD], { 'cloud-1': 20 });
    const asked = await fleet.ask({ question, tiers: 'local', ...times });
    expectDraftsFirst(fleet, asked);
    expect(asked.summary).toMatchObject({ mode: 'local', links: [] });
    const slower = await fleet.ask({ question, tiers: 'local', ...times, deadlineMs: 400 });
    expect(slower.provisional[0]?.revision).toMatchObject({ exit: 4, committed: 8 });
    expect(slower.summary?.reasons).toEqual([]);
  });

  test('drafts for a cloud that it would have asked token by token', async () => {
    const fleet = await startPlanned([{ ...holder, stepMs: 60 }, CLOUD], { 'cloud-1': 500 });
    const usual = await fleet.ask({ question, deadlineMs: 20_000 });
    expect(usual.summary?.plan?.kind).toMatch(/pull|hand-over/);
    const asked = await fleet.ask({ question, ...times, deadlineMs: 200 });
    expectDraftsFirst(fleet, asked);
    expect(asked.summary).toMatchObject({ mode: 'two', plan: { kind: 'two-tiers' } });
    expect(asked.summary?.reasons.join()).toMatch(/was not expected to have a word/);
  });

  test('is through alone where the deadline leaves it the time', async () => {
    const fleet = await startPlanned([{ ...holder, stepMs: 2 }], {});
    const asked = await fleet.ask({ question, ...times, deadlineMs: 400 });
    expect(asked.provisional).toEqual([]);
    expect(asked.summary).toMatchObject({ mode: 'local', plan: { kind: 'local' }, reasons: [], exact: true });
  });
});

test('the first draft is as short as the deadline asks, later ones are as ever', async () => {
  const fleet = await startPlanned([holder], {});
  const asked = await fleet.ask({ question, ...times, deadlineMs: 100 });
  expectDraftsFirst(fleet, asked);
  expect(asked.provisional[0]?.revision?.text.split(' ')).toHaveLength(2);
  const [, second] = asked.revisions.map(({ text }) => text.split(' ').length);
  expect(second).toBeGreaterThan(2);
});
