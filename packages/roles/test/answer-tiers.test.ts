// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { question, three } from './three-tiers.ts';
import { CLOUD, DEVICE, EDGE, startToyFleet, type ToyFleetOptions } from './toy-fleet.ts';

describe('who answers', () => {
  test.each([
    ['local', 1, ['device-1'], false],
    ['two', 4, ['device-1', 'cloud-1'], true],
    ['three', 4, ['device-1', 'edge-1', 'cloud-1'], true],
    ['auto', 4, ['device-1', 'edge-1', 'cloud-1'], true],
    ['cloud-only', 4, ['cloud-1'], true],
  ] as const)('%s: exit %i has the last word', async (tiers, exit, nodes, exact) => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, tiers });
    expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, exit), finished: true });
    expect(summary?.tiers.map(({ node }) => node)).toEqual(nodes);
    expect(summary?.exact).toBe(exact);
    expect(summary?.mode).toBe(tiers === 'auto' ? 'three' : tiers);
    if (!exact)
      expect(summary?.reasons[0]).toContain('exit 1 of device-1 from token 0 on had the last word, not exit 4');
  });

  test('a wanted exit of one’s own is answered alone, and is exact', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, exit: 1 });
    expect(summary).toMatchObject({ mode: 'local', exact: true, exit: 1 });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 1));
  });

  test('a middle exit can be the reference', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary } = await fleet.ask({ question, exit: 3, tiers: 'two' });
    expect(summary).toMatchObject({ mode: 'two', exact: true, exit: 3 });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 3));
  });

  test('an isolated device answers by itself and says that this is not the wanted exit', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE] });
    const { revisions, summary } = await fleet.ask({ question });
    expect(summary).toMatchObject({ mode: 'local', exact: false, outcome: 'complete' });
    expect(summary?.reasons.join()).toContain('no verifier deeper than exit 1 is reachable');
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 1));
  });

  test('three tiers without an edge are two, and the summary says so', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, CLOUD] });
    const { summary } = await fleet.ask({ question, tiers: 'three', exit: 3 });
    expect(summary).toMatchObject({ mode: 'two', exact: true });
    expect(summary?.reasons).toEqual(['three tiers were asked for, no edge is reachable']);
  });

  test('cloud-only without a cloud fails and names what was looked for', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE] });
    const { error } = await fleet.ask({ question, tiers: 'cloud-only' });
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('answers with exit 4') });
  });

  test('cloud-only says when its first revision was here, not when it was there', async () => {
    const fleet = await startToyFleet({ ...three, faults: { delayMs: 300 } });
    const { revisions, summary } = await fleet.ask({ question, tiers: 'cloud-only' });
    expect(summary?.firstRevisionMs).toBe(revisions[0]?.ageMs);
    expect(summary?.firstRevisionMs).toBeGreaterThanOrEqual(600);
  });

  test('cloud-only goes to the next cloud when the first is gone', async () => {
    const second = { ...CLOUD, node: 'cloud-2' };
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, CLOUD, second] });
    await fleet.kill('cloud-1');
    const { revisions, summary } = await fleet.ask({ question, tiers: 'cloud-only' });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(summary?.reasons.join()).toContain('device-1 -> cloud-1');
  });
});

describe('whether drafting pays', () => {
  const farSlow: ToyFleetOptions = {
    nodes: [
      { ...DEVICE, stepMs: 10 },
      { ...CLOUD, stepMs: 4 },
    ],
    faults: { delayMs: 100 },
    answerTokens: 40,
  };

  test('auto turns it off once measured not to, and says so with figures; the text stays the same', async () => {
    const fleet = await startToyFleet(farSlow);
    const first = await fleet.ask({ question });
    const second = await fleet.ask({ question });
    expect(first.summary?.tiers[0]?.drafted).toBeGreaterThan(0);
    expect(second.summary?.tiers[0]?.drafted).toBe(0);
    expect(second.summary?.reasons[0]).toMatch(
      /^drafting was off, as it does not pay here: \d+ ms .*, \d+ ms without$/,
    );
    expect(second.durationMs).toBeLessThan(0.7 * first.durationMs);
    for (const { revisions, summary } of [first, second]) {
      expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
      expect(summary?.exact).toBe(true);
    }
  });

  test('it stays on where it pays, and wherever two tiers are asked for', async () => {
    const nodes = [
      { ...DEVICE, stepMs: 1 },
      { ...CLOUD, stepMs: 20 },
    ];
    const near = await startToyFleet({ ...farSlow, nodes, faults: { delayMs: 5 } });
    const far = await startToyFleet(farSlow);
    for (let round = 0; round < 3; round++) {
      expect((await near.ask({ question })).summary?.tiers[0]?.drafted).toBeGreaterThan(0);
      expect((await far.ask({ question, tiers: 'two' })).summary?.tiers[0]?.drafted).toBeGreaterThan(0);
    }
  });

  test('it is tried again after some answers, as links change', async () => {
    const fleet = await startToyFleet(farSlow);
    const drafted: number[] = [];
    for (let round = 0; round < 40; round++) {
      const { summary } = await fleet.ask({ question });
      const [owner] = summary?.tiers ?? [];
      if (owner?.node === 'device-1' && owner.drafted > 0) drafted.push(round);
    }
    expect(drafted[0]).toBe(0);
    expect(drafted.slice(1)).toHaveLength(1);
  });
});

describe('a split that can not work', () => {
  const mismatches: readonly [string, Partial<typeof CLOUD>, string, string][] = [
    ['family', { family: 'other' }, 'family synthetic', 'family other'],
    ['exit', { exits: [3] }, 'exit 4', 'exit 3'],
    ['format', { format: 'int8' }, 'compute format fp32', 'compute format int8'],
    ['contract', { tensorContract: 'b' }, 'tensor contract synthetic-contract', 'tensor contract b'],
    [
      'feature space',
      { featureSpaces: new Map([[4, 'other-space']]) },
      'feature space synthetic-space-1',
      'feature space other-space',
    ],
  ];

  test.each(mismatches)('of another %s is refused naming both values, and the answer goes on', async (...row) => {
    const [, change, asked, held] = row;
    const fleet = await startToyFleet({
      ...three,
      nodes: [DEVICE, EDGE, { ...CLOUD, ...change }],
      advertise: entry =>
        entry.address.node === 'cloud-1'
          ? { ...entry, capability: entry.capability.replace(/:\d+:.*$/, ':4:fp32') }
          : entry,
    });
    const { summary, revisions } = await fleet.ask({ question });
    const reasons = summary?.reasons.join() ?? '';
    expect(reasons).toContain(`${asked} was asked for, ${held} is held here`);
    expect(summary).toMatchObject({ exact: false, outcome: 'complete' });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 3));
    expect(summary?.tiers.find(({ node }) => node === 'cloud-1')?.openings).toBe(1);
  });

  test('drafts of an int8 device are good for an fp32 cloud', async () => {
    const device = { ...DEVICE, format: 'int8', tensorContract: 'int8-contract' } as const;
    const fleet = await startToyFleet({ ...three, nodes: [device, EDGE, CLOUD] });
    const { summary } = await fleet.ask({ question });
    expect(summary).toMatchObject({ exact: true, mode: 'three' });
  });
});
