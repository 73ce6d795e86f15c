// SPDX-License-Identifier: Apache-2.0
// Plans meet nodes that die, fall silent, lie about themselves or say nothing: the answer goes on.
import type { PlacementNode } from '@aiflow/placement';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectTheCloudsWords, startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE, EDGE, honestCosts, startToyFleet, type ToyNode } from './toy-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 40);
const slowDevice = { ...DEVICE, stepMs: 40 };
const handedOver = { 'edge-1': 10, 'cloud-1': 100, 'cloud-2': 140 };

function expectNothingTakenBack({ revisions }: Asked): void {
  let committed = '';
  let sequence = 0;
  for (const revision of revisions) {
    expect(revision.sequence).toBeGreaterThan(sequence);
    expect(revision.text.startsWith(committed)).toBe(true);
    sequence = revision.sequence;
    committed = Buffer.from(revision.text).subarray(0, revision.committedBytes).toString();
  }
}

describe('a planned member that fails', () => {
  /** States only what makes handing over the fastest way: judging looks dear. */
  const dearJudge = (node: ToyNode): PlacementNode => {
    const honest = honestCosts(node);
    if (node.tier !== 'cloud') return honest;
    const dear = [1, 8, 32].map(tokens => ({ tokens, ms: 10 * node.stepMs * Math.ceil(tokens / 8) }));
    return { ...honest, exits: honest.exits.map(cost => ({ ...cost, verify: dear })) };
  };

  test('while it answers alone: another takes over, and nothing that stood committed is taken back', async () => {
    const nodes = [slowDevice, CLOUD, { ...CLOUD, node: 'cloud-2' }];
    const fleet = await startPlanned(nodes, handedOver, dearJudge);
    fleet.clock.setTimer(180, () => void fleet.kill('cloud-1'));
    const asked = await fleet.ask({ question });
    expect(asked.summary?.plan).toMatchObject({ kind: 'hand-over', label: 'cloud-1 exit 4 answers alone' });
    expectTheCloudsWords(fleet, asked);
    expectNothingTakenBack(asked);
    expect(asked.summary?.reasons.join()).toContain('device-1 -> cloud-1');
    const next = await fleet.ask({ question });
    expect(next.summary?.plan?.label).not.toContain('cloud-1');
  });

  test('while it answers alone with nobody to take over: the asked node goes on with the tiers that are left', async () => {
    const fleet = await startPlanned([slowDevice, EDGE, CLOUD], handedOver, dearJudge);
    fleet.clock.setTimer(180, () => void fleet.kill('cloud-1'));
    const asked = await fleet.ask({ question });
    expect(asked.error).toBeUndefined();
    expect(asked.summary).toMatchObject({ outcome: 'complete', exact: false, plan: { kind: 'hand-over' } });
    expect(asked.revisions.at(-1)?.text).toBe(fleet.alone(question, 3));
    expectNothingTakenBack(asked);
    expect(asked.summary?.reasons.join()).toContain('device-1 -> cloud-1');
  });

  test('by falling silent: it is left long before the deadline', async () => {
    const fleet = await startPlanned([slowDevice, EDGE, CLOUD], handedOver, dearJudge);
    fleet.clock.setTimer(180, () => fleet.network.partition('device-1', 'cloud-1'));
    const asked = await fleet.ask({ question, deadlineMs: 20_000 });
    expect(asked.summary).toMatchObject({ outcome: 'complete' });
    expect(asked.durationMs).toBeLessThan(15_000);
    expectNothingTakenBack(asked);
  });

  test('while it judges: the answer is there, and the next plan does without it', async () => {
    const nodes = [
      { ...DEVICE, stepMs: 1 },
      { ...CLOUD, stepMs: 20 },
      { ...CLOUD, node: 'cloud-2', stepMs: 20 },
    ];
    const fleet = await startPlanned(nodes, { 'cloud-1': 20, 'cloud-2': 30 });
    fleet.clock.setTimer(80, () => void fleet.kill('cloud-1'));
    const asked = await fleet.ask({ question });
    expect(asked.summary?.plan?.label).toContain('cloud-1 exit 4 judges');
    expectTheCloudsWords(fleet, asked);
    expectNothingTakenBack(asked);
  });

  test.each([
    [1, 'two-tiers'],
    [40, 'pull'],
  ])(
    'with nobody to take over: an edge that stood by goes on from the committed prefix (%d ms a draft)',
    async (...row) => {
      const [stepMs, kind] = row;
      const nodes = [
        { ...DEVICE, stepMs },
        { ...EDGE, stepMs: 60 },
        { ...CLOUD, stepMs: 20 },
      ];
      const fleet = await startPlanned(nodes, { 'edge-1': 18, 'cloud-1': 20 }, node => ({
        ...honestCosts(node),
        ...(node.tier === 'edge' ? { load: 100 } : {}),
      }));
      const whole = await fleet.ask({ question, audit: true });
      expect(whole.summary?.plan?.kind).toBe(kind);
      expect(whole.summary?.tiers.map(({ node }) => node)).toEqual(['device-1', 'cloud-1']);
      fleet.clock.setTimer(200, () => void fleet.kill('cloud-1'));
      const asked = await fleet.ask({ question, audit: true });
      expect(asked.summary).toMatchObject({ outcome: 'complete', exact: false, plan: { kind } });
      expect(asked.summary?.references.at(-1)).toMatchObject({ node: 'edge-1', exit: 3 });
      const from = asked.summary?.references.at(-1)?.from ?? 0;
      expect(from).toBeGreaterThan(0);
      const words = (asked.revisions.at(-1)?.text ?? '').split(' ');
      expect(words.slice(0, from)).toEqual(fleet.alone(question, 4).split(' ').slice(0, from));
      expectNothingTakenBack(asked);
      expect(asked.summary?.reasons.join()).toContain('the cloud tier was given up');
    },
  );

  test('at the deadline: what a node that answers alone has said so far stands', async () => {
    const fleet = await startPlanned([slowDevice, { ...CLOUD, stepMs: 20 }], { 'cloud-1': 100 }, dearJudge);
    for (const tiers of ['auto', 'cloud-only'] as const) {
      const asked = await fleet.ask({ question, tiers, deadlineMs: 600 });
      expect(asked.error).toBeUndefined();
      expect(asked.summary).toMatchObject({ mode: 'cloud-only', outcome: 'deadline', exact: false });
      const last = asked.revisions.at(-1);
      expect(last?.committed).toBeGreaterThan(0);
      expect(asked.summary?.committed).toBe(last?.committed);
      expect(fleet.alone(question, 4).startsWith(last?.text ?? '-')).toBe(true);
      expect(asked.durationMs).toBeLessThanOrEqual(620);
      expectNothingTakenBack(asked);
    }
  });
});

describe('a node that lies about its costs', () => {
  test.each([
    [1e-9, false],
    [0.001, false],
    [0.001, true],
  ])(
    'is found out within a few answers: it says %d ms a step, and repeats that in its verdicts: %s',
    async (...row) => {
      const [stepMs, repeatsIt] = row;
      const liar = { ...CLOUD, node: 'cloud-1', stepMs: 60 };
      const honest = { ...CLOUD, node: 'cloud-2', stepMs: 5 };
      const fleet = await startPlanned([slowDevice, liar, honest], { 'cloud-1': 20, 'cloud-2': 30 }, node => {
        const truth = honestCosts(node);
        if (node.node !== 'cloud-1') return truth;
        const verify = [1, 32].map(tokens => ({ tokens, ms: stepMs }));
        return { ...truth, exits: truth.exits.map(cost => ({ ...cost, stepMs, verify })) };
      });
      const engine = fleet.engine('cloud-1');
      const [verify, draft] = [engine.verify.bind(engine), engine.draft.bind(engine)];
      if (repeatsIt) {
        engine.verify = async (request, signal) => ({ ...(await verify(request, signal)), computeMs: stepMs });
        engine.draft = async (request, signal) => ({ ...(await draft(request, signal)), computeMs: stepMs });
      }
      const served: (string | undefined)[] = [];
      for (let round = 0; round < 10; round++) {
        const asked = await fleet.ask({ question });
        expectTheCloudsWords(fleet, asked);
        served.push(asked.summary?.references[0]?.node);
      }
      expect(served[0]).toBe('cloud-1');
      expect(served.slice(5).filter(node => node === 'cloud-1').length).toBeLessThanOrEqual(1);
    },
  );
});

describe('whatever the directory says', () => {
  const anything = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -1, Number.NaN, Infinity, 1e-12, 1e12),
    fc.double({ min: 0.1, max: 100, noNaN: true }),
  );
  const cost = fc.record({
    stepMs: anything,
    verify: fc.option(fc.array(fc.record({ tokens: anything, ms: anything }), { maxLength: 5 }), { nil: undefined }),
    prefillTokenMs: fc.option(anything, { nil: undefined }),
  });
  const node = fc.option(
    fc.record({ load: anything, watts: anything, exits: fc.dictionary(fc.constantFrom('1', '3', '4'), cost) }),
    { nil: undefined },
  );
  const link = fc.record({
    rttMs: fc.option(anything, { nil: undefined }),
    bytesPerSecond: fc.option(anything, { nil: undefined }),
  });
  const names = ['device-1', 'edge-1', 'cloud-1', 'cloud-2'];
  const byName = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
    fc.record(Object.fromEntries(names.map(name => [name, arbitrary])));

  test('the committed text is the reference’s and the session ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10_000 }),
        byName(node),
        byName(link),
        fc.constantFrom(1, 20, 100),
        async (seed, stated, probed, delayMs) => {
          const nodes = [DEVICE, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }];
          const fleet = await startToyFleet({
            ...{ nodes, seed, faults: { delayMs } },
            costs: ({ node: name, tier }) => {
              const said = stated[name];
              if (said === undefined) return undefined;
              const exits = Object.entries(said.exits).map(([exit, figures]) => ({
                ...{ exit: Number(exit), format: 'fp32' as const, stepMs: figures.stepMs },
                ...(figures.verify === undefined ? {} : { verify: figures.verify }),
                ...(figures.prefillTokenMs === undefined ? {} : { prefillTokenMs: figures.prefillTokenMs }),
              }));
              return { node: name, tier, exits, load: said.load, watts: said.watts };
            },
            links: { to: name => probed[name] ?? { rttMs: undefined, bytesPerSecond: undefined } },
          });
          for (let round = 0; round < 3; round++) {
            const asked = await fleet.ask({ question, deadlineMs: 20_000 });
            expectTheCloudsWords(fleet, asked);
            expectNothingTakenBack(asked);
          }
        },
      ),
      { numRuns: RUNS },
    );
  }, 300_000);
});
