import { describe, expect, test } from 'vitest';
import { estimateShape, findPlans, type PlacementSnapshot, type PlanKind, type RemoteDuty } from './index.ts';

/** A device with exits 1 and 11, an edge with 5, a cloud with 11. */
function snapshot(change: Partial<PlacementSnapshot> = {}, cloudRttMs = 20): PlacementSnapshot {
  const exit = (depth: number, stepMs: number, format: 'fp32' | 'int8' = 'fp32') => ({ exit: depth, stepMs, format });
  return {
    ...{ referenceExit: 11, promptTokens: 10, answerTokens: 60 },
    owner: { node: 'drone', tier: 'device', exits: [exit(1, 1.5)] },
    others: [
      { node: 'mast', tier: 'edge', link: { rttMs: 4 }, exits: [exit(5, 4)] },
      { node: 'hall', tier: 'cloud', link: { rttMs: cloudRttMs }, exits: [exit(11, 8)] },
    ],
    acceptance: [
      { draftExit: 1, judgeExit: 5, byPosition: [0.96] },
      { draftExit: 1, judgeExit: 11, byPosition: [0.96] },
      { draftExit: 5, judgeExit: 11, byPosition: [0.998] },
    ],
    ...change,
  };
}

const kinds = (taken: PlacementSnapshot): readonly PlanKind[] => findPlans(taken).map(({ kind }) => kind);

describe('the ways that are weighed', () => {
  test('are all that give the reference’s text, fastest first', () => {
    const plans = findPlans(snapshot());
    expect(plans.map(({ kind }) => kind).sort()).toEqual(['hand-over', 'pull', 'three-tiers', 'two-tiers']);
    const times = plans.map(({ expectedMs }) => expectedMs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    for (const { members } of plans) expect(members.at(-1)).toMatchObject({ node: 'hall', exit: 11 });
  });

  test('have the owner alone among them when it holds the reference exit', () => {
    const owner = { node: 'drone', tier: 'device', exits: [{ exit: 11, stepMs: 8, format: 'fp32' }] } as const;
    expect(kinds(snapshot({ owner }))).toContain('local');
    expect(kinds(snapshot({ owner }))).not.toContain('two-tiers');
  });

  test('leave a reference out that does not compute in fp32, unless near-exact will do', () => {
    const hall = { node: 'hall', tier: 'cloud', link: { rttMs: 20 } } as const;
    const others = [{ ...hall, exits: [{ exit: 11, stepMs: 4, format: 'int8' }] }] as const;
    expect(kinds(snapshot({ others }))).toEqual([]);
    expect(kinds(snapshot({ others, allowNearExact: true }))).toContain('two-tiers');
  });

  test('are only those that are allowed', () => {
    expect(kinds(snapshot({ allowed: ['pull'] }))).toEqual(['pull']);
  });

  test('ask nobody for what it does not do', () => {
    const asked = (duties: readonly RemoteDuty[]): readonly PlanKind[] =>
      kinds(snapshot({ others: snapshot().others.map(node => ({ ...node, duties })) })).toSorted();
    expect(asked(['answer'])).toEqual(['hand-over']);
    expect(asked(['judge'])).toEqual(['pull', 'three-tiers', 'two-tiers']);
    expect(asked([])).toEqual([]);
  });

  test('put nobody in the middle who is further away than the reference', () => {
    const far = {
      node: 'mast',
      tier: 'edge',
      link: { rttMs: 60 },
      exits: [{ exit: 5, stepMs: 4, format: 'fp32' }],
    } as const;
    const others = [far, ...snapshot().others.slice(1)];
    expect(kinds(snapshot({ others }))).not.toContain('three-tiers');
  });

  test('put somebody in the middle who is as near as the reference, as far as probes can tell', () => {
    const [mast, hall] = snapshot().others;
    const at = (rttMs: number) => ({ ...mast!, link: { rttMs } });
    expect(kinds(snapshot({ others: [at(21), hall!] }))).toContain('three-tiers');
    expect(kinds(snapshot({ others: [at(1.4), { ...hall!, link: { rttMs: 0.9 } }] }))).toContain('three-tiers');
  });

  test('look at no more than two judges of a tier', () => {
    const clouds = Array.from({ length: 20 }, (_, at) => ({ ...snapshot().others[1]!, node: `hall-${at}` }));
    expect(findPlans(snapshot({ others: clouds })).filter(({ kind }) => kind === 'hand-over')).toHaveLength(2);
  });
});

describe('what a plan says', () => {
  test('longer links ask for longer drafts or more of them under way, and cost time', () => {
    const plan = (rttMs: number) => findPlans(snapshot({ allowed: ['two-tiers'] }, rttMs))[0]!;
    expect(plan(150).expectedMs).toBeGreaterThan(plan(5).expectedMs);
    const room = (rttMs: number): number => plan(rttMs).window * plan(rttMs).draftLengths.at(-1)!;
    expect(room(150)).toBeGreaterThanOrEqual(room(0));
  });

  test('a link that carries little asks for fewer, longer drafts', () => {
    const slow = snapshot({ allowed: ['two-tiers'] });
    const others = slow.others.map(node => ({ ...node, link: { ...node.link, bytesPerSecond: 8000 } }));
    const [wide, narrow] = [findPlans(slow)[0]!, findPlans({ ...slow, others })[0]!];
    const perMessage = narrow.draftLengths.at(-1)! / narrow.window;
    expect(perMessage).toBeGreaterThan(wide.draftLengths.at(-1)! / wide.window);
  });

  test('load makes a node as much slower as it says', () => {
    const idle = snapshot({ allowed: ['hand-over'] });
    const others = idle.others.map(node => ({ ...node, load: 2 }));
    const ratio = findPlans({ ...idle, others })[0]!.expectedMs / findPlans(idle)[0]!.expectedMs;
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(2);
  });

  test('acceptance that rises after the first tokens makes drafting faster than the same mean early on', () => {
    const pair = (byPosition: readonly number[]) => ({ draftExit: 1, judgeExit: 11, byPosition });
    const members = [
      { node: 'drone', exit: 1 },
      { node: 'hall', exit: 11 },
    ];
    const shape = { draftLengths: [8], window: 8, maxAhead: 96, pull: 0 };
    const rising = estimateShape(snapshot({ acceptance: [pair([0.8, 0.9, 0.97, 0.99])] }), members, shape)!;
    const flat = estimateShape(snapshot({ acceptance: [pair([0.8])] }), members, shape)!;
    expect(rising).toBeLessThan(0.7 * flat);
  });

  test('an answer beyond what is looked ahead goes on at its last pace', () => {
    const of = (answerTokens: number): number =>
      findPlans(snapshot({ answerTokens, allowed: ['two-tiers'] }, 50))[0]!.expectedMs;
    expect(of(400) / of(200)).toBeGreaterThan(1.7);
    expect(of(400) / of(200)).toBeLessThan(2.1);
  });

  test('an answer of one token is what any answer takes at least, and no less than the round trip', () => {
    const holder = {
      ...snapshot().owner,
      exits: [...snapshot().owner.exits, { exit: 11, stepMs: 20, format: 'fp32' }],
    };
    const plans = findPlans(snapshot({ owner: holder as PlacementSnapshot['owner'] }, 80));
    expect(plans).toHaveLength(5);
    for (const { kind, oneTokenMs, expectedMs } of plans) {
      expect(oneTokenMs).toBeLessThan(expectedMs);
      expect(oneTokenMs).toBeGreaterThan(kind === 'local' ? 20 : 80);
    }
  });

  test('members that are not there can’t be estimated', () => {
    const shape = { draftLengths: [8], window: 8, maxAhead: 96, pull: 0 };
    const absent = [
      { node: 'drone', exit: 1 },
      { node: 'nobody', exit: 11 },
    ];
    expect(estimateShape(snapshot(), absent, shape)).toBeUndefined();
  });
});
