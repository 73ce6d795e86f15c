// SPDX-License-Identifier: Apache-2.0
// The planner decides who takes part; whatever it decides, the text is the same.
import { describe, expect, test } from 'vitest';
import { expectTheCloudsWords, startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE, EDGE, honestCosts } from './toy-fleet.ts';

const quickDevice = { ...DEVICE, stepMs: 1 };
const slowDevice = { ...DEVICE, stepMs: 40 };
const slowCloud = { ...CLOUD, stepMs: 20 };

describe('a planned answer', () => {
  test('says what was decided, what it was expected to take, and what else was weighed', async () => {
    const fleet = await startPlanned([quickDevice, EDGE, slowCloud], { 'edge-1': 4, 'cloud-1': 20 });
    const asked = await fleet.ask({ question });
    expectTheCloudsWords(fleet, asked);
    const plan = asked.summary?.plan;
    expect(plan).toMatchObject({ kind: expect.stringMatching(/tiers$/), isTrial: false });
    expect(plan?.reasons[0]).toContain(plan?.label);
    expect(plan?.expectedMs).toBeGreaterThan(0.5 * asked.durationMs);
    expect(plan?.expectedMs).toBeLessThan(2 * asked.durationMs);
    expect(plan?.alternatives.map(({ label }) => label).join('; ')).toContain('cloud-1 exit 4 answers alone');
    expect(plan?.alternatives.every(({ label }) => label !== plan.label)).toBe(true);
  });

  test('cooperation is off while the link is slow, says why, and comes back when the link is better', async () => {
    const fleet = await startPlanned([quickDevice, slowCloud], { 'cloud-1': 20 });
    const before = await fleet.ask({ question });
    expect(before.summary?.plan?.kind).toBe('two-tiers');
    fleet.moveTo('cloud-1', 900);
    const during: Asked[] = [];
    for (let round = 0; round < 4; round++) during.push(await fleet.ask({ question }));
    expect(during.at(-1)?.summary?.plan?.kind).toMatch(/pull|hand-over/);
    expect(during.at(-1)?.summary?.reasons[0]).toMatch(
      /^drafting was off, as it does not pay here: \d+ ms .* \d+ ms without$/,
    );
    fleet.moveTo('cloud-1', 20);
    const after: Asked[] = [];
    for (let round = 0; round < 4; round++) after.push(await fleet.ask({ question }));
    expect(after.at(-1)?.summary?.plan?.kind).toBe('two-tiers');
    expect(after.at(-1)?.summary?.reasons).toEqual([]);
    for (const asked of [before, ...during, ...after]) expectTheCloudsWords(fleet, asked);
  });

  test('an owner that holds the wanted exit answers alone, and asks for help where that is plainly faster', async () => {
    const holder = { ...DEVICE, exits: [1, 4], stepMs: 5 };
    const fleet = await startPlanned([holder, CLOUD], { 'cloud-1': 400 });
    const alone = await fleet.ask({ question });
    expect(alone.summary).toMatchObject({ mode: 'local', links: [], plan: { kind: 'local' } });
    const slow = await startPlanned([{ ...holder, stepMs: 50 }, CLOUD], { 'cloud-1': 4 });
    const helped = await slow.ask({ question });
    expect(helped.summary?.plan?.kind).not.toBe('local');
    expectTheCloudsWords(fleet, alone);
    expectTheCloudsWords(slow, helped);
    expect(helped.durationMs).toBeLessThan(0.5 * 50 * (alone.summary?.answerTokens ?? 0));
  });

  test('three tiers are weighed though the edge is no nearer than the cloud and states one of its exits only', async () => {
    const deepCloud = { ...slowCloud, exits: [1, 3, 4] };
    const fleet = await startPlanned([quickDevice, EDGE, deepCloud], { 'edge-1': 4, 'cloud-1': 3.5 }, node => {
      const honest = honestCosts(node);
      return node.tier === 'edge' ? { ...honest, exits: honest.exits.filter(({ exit }) => exit === 1) } : honest;
    });
    const asked = await fleet.ask({ question });
    const plan = asked.summary?.plan;
    const labels = [plan?.label, ...(plan?.alternatives ?? []).map(({ label }) => label)];
    expect(labels).toContain('device-1 exit 1 drafts, edge-1 exit 3 judges, cloud-1 exit 4 has the last word');
    expectTheCloudsWords(fleet, asked);
  });

  test('an owner as fast as the others answers alone: nothing leaves it for a near tie', async () => {
    const even = [
      { ...DEVICE, stepMs: 5.2, exits: [1, 4] },
      { ...EDGE, stepMs: 5, exits: [1, 4] },
    ];
    const fleet = await startPlanned(even, { 'edge-1': 1 });
    for (const exit of [1, 4]) {
      for (let round = 0; round < 30; round++) {
        const { summary } = await fleet.ask({ question, exit });
        expect(summary).toMatchObject({ mode: 'local', links: [], plan: { kind: 'local', isTrial: false } });
      }
    }
  });

  test('a question is handed over where that pays, and what comes back teaches', async () => {
    const fleet = await startPlanned([slowDevice, CLOUD], { 'cloud-1': 100 });
    const kinds: (string | undefined)[] = [];
    for (let round = 0; round < 30; round++) {
      const asked = await fleet.ask({ question });
      expectTheCloudsWords(fleet, asked);
      kinds.push(asked.summary?.plan?.kind);
      if (asked.summary?.plan?.kind === 'hand-over') {
        expect(asked.summary).toMatchObject({ mode: 'cloud-only', tiers: [{ node: 'cloud-1' }] });
        expect(asked.summary?.ledger?.links[0]).toMatchObject({ node: 'cloud-1', tier: 'cloud', sentMessages: 1 });
        expect(asked.revisions.slice(0, -1).every(({ committed }) => committed === 0)).toBe(true);
        expect(asked.revisions.at(-1)?.committedBytes).toBe(Buffer.byteLength(asked.revisions.at(-1)?.text ?? ''));
      }
    }
    expect(kinds).toContain('hand-over');
    expect(new Set(kinds)).not.toContain('two-tiers');
  });

  test.each([
    ['local', ['local'], 1],
    ['two', ['two-tiers'], 4],
    ['three', ['three-tiers'], 4],
    ['cloud-only', ['hand-over'], 4],
  ] as const)('%s is obeyed, whatever would be faster', async (tiers, allowed, exit) => {
    const fleet = await startPlanned([slowDevice, EDGE, CLOUD], { 'edge-1': 10, 'cloud-1': 60 });
    for (let round = 0; round < 3; round++) {
      const { summary, revisions } = await fleet.ask({ question, tiers });
      expect(allowed).toContain(summary?.plan?.kind);
      expect(summary?.mode).toBe(tiers);
      expect(revisions.at(-1)?.text).toBe(fleet.alone(question, exit));
    }
  });

  test('an int8 reference stays near-exact, and is left out where an fp32 one is within reach', async () => {
    const int8 = { ...CLOUD, node: 'cloud-8', format: 'int8', stepMs: 1 } as const;
    const alone = await startPlanned([quickDevice, int8], { 'cloud-8': 10 });
    const near = await alone.ask({ question });
    expect(near.summary).toMatchObject({ exact: false, outcome: 'complete' });
    expect(near.summary?.reasons.join()).toContain('near-exact');
    const both = await startPlanned([quickDevice, int8, slowCloud], { 'cloud-8': 10, 'cloud-1': 40 });
    const exact = await both.ask({ question });
    expectTheCloudsWords(both, exact);
    expect(exact.summary?.references.map(({ node }) => node)).toEqual(['cloud-1']);
  });

  test('the ledger tells time by tier, payload bytes by link, and joules where watts are stated', async () => {
    const fleet = await startPlanned([quickDevice, slowCloud], { 'cloud-1': 20 }, node => ({
      ...honestCosts(node),
      ...(node.tier === 'cloud' ? { watts: 100 } : {}),
    }));
    const { summary } = await fleet.ask({ question });
    const ledger = summary?.ledger;
    expect(ledger?.tiers.map(({ node }) => node)).toEqual(['device-1', 'cloud-1']);
    expect(ledger?.durationMs).toBe(summary?.durationMs);
    const bytes = (direction: string) =>
      summary?.links.filter(link => link.direction === direction).reduce((sum, link) => sum + link.bytes, 0);
    expect(ledger?.links).toMatchObject([
      { node: 'cloud-1', sentBytes: bytes('sent'), receivedBytes: bytes('received'), rttMs: 20 },
    ]);
    expect(ledger?.tiers[0]?.joules).toBeUndefined();
    expect(ledger?.joules).toBeCloseTo((100 * (ledger?.tiers[1]?.computeMs ?? 0)) / 1000, 6);
  });
});
