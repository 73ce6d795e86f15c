// The planner's estimates against the driver they speak of, on virtual time.
import {
  type AcceptanceFacts,
  createPlacement,
  type ExitCost,
  estimateShape,
  findPlans,
  type LinkFacts,
  MESSAGE_SIZES,
  type PlacementSnapshot,
  type Plan,
  type RemoteNode,
} from '@aiflow/placement';
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EngineCosts, outcomeOf, type SimulatedFleet, simulatePlan, verifyCurve } from '../src/index.ts';

/** Means of few answers stray now and then, so that a usual run plays the same fleets each time; FC_RUNS plays others. */
const RUNS = process.env.FC_RUNS === undefined ? { numRuns: 12, seed: 4 } : { numRuns: Number(process.env.FC_RUNS) };
const DRAFT = 1;
const MIDDLE = 5;
const REFERENCE = 11;
const CURVE = [
  { tokens: 1, ms: 8.74 },
  { tokens: 8, ms: 11.6 },
  { tokens: 32, ms: 26 },
];

interface Cell {
  readonly deviceFactor: number;
  readonly edgeFactor: number;
  readonly agreement: { readonly draft: number; readonly middle: number };
  readonly edgeLink: LinkFacts;
  readonly cloudLink: LinkFacts;
  readonly answerTokens: number;
  readonly promptTokens: number;
  readonly seed: number;
}

/** An exit's costs: its share of twelve blocks, on a machine so many times slower. */
function cost(exit: number, factor: number): ExitCost {
  const share = (factor * (exit + 1)) / 12;
  const verify = CURVE.map(({ tokens, ms }) => ({ tokens, ms: ms * share }));
  return { exit, format: 'fp32', stepMs: 8.74 * share, verify };
}

function engine(exit: number, factor: number): EngineCosts {
  const { stepMs, verify = [] } = cost(exit, factor);
  const prefillMs = (verify.at(-1)?.ms ?? 0) / 32;
  return { stepMs, verifyMs: verifyCurve(verify), openMs: tokens => tokens * prefillMs };
}

function fleetOf(cell: Cell): SimulatedFleet {
  const { deviceFactor, edgeFactor, edgeLink, cloudLink, agreement, answerTokens, promptTokens, seed } = cell;
  return {
    ...{ referenceExit: REFERENCE, answerTokens, promptTokens, seed },
    agreement: { [DRAFT]: agreement.draft, [MIDDLE]: agreement.middle },
    device: { exits: { [DRAFT]: engine(DRAFT, deviceFactor), [REFERENCE]: engine(REFERENCE, deviceFactor) } },
    edge: { exits: { [MIDDLE]: engine(MIDDLE, edgeFactor) }, link: edgeLink },
    cloud: { exits: { [REFERENCE]: engine(REFERENCE, 1) }, link: cloudLink },
  };
}

function snapshotOf(cell: Cell): PlacementSnapshot {
  const { deviceFactor, edgeFactor, edgeLink, cloudLink, agreement, answerTokens, promptTokens } = cell;
  const edge: RemoteNode = { node: 'edge', tier: 'edge', link: edgeLink, exits: [cost(MIDDLE, edgeFactor)] };
  const cloud: RemoteNode = { node: 'cloud', tier: 'cloud', link: cloudLink, exits: [cost(REFERENCE, 1)] };
  // A draft is what the middle exit says where both are right; where both are wrong they hardly ever meet.
  const pair = (draftExit: number, judgeExit: number, share: number): AcceptanceFacts => ({
    ...{ draftExit, judgeExit },
    byPosition: [share],
  });
  return {
    ...{ referenceExit: REFERENCE, promptTokens, answerTokens },
    owner: { node: 'device', tier: 'device', exits: [cost(DRAFT, deviceFactor), cost(REFERENCE, deviceFactor)] },
    others: [edge, cloud],
    acceptance: [
      pair(DRAFT, MIDDLE, agreement.draft * agreement.middle),
      pair(DRAFT, REFERENCE, agreement.draft),
      pair(MIDDLE, REFERENCE, agreement.middle),
    ],
  };
}

const link = (rtts: readonly number[]): fc.Arbitrary<LinkFacts> =>
  fc.record({ rttMs: fc.constantFrom(...rtts), bytesPerSecond: fc.constantFrom(12_500, 125_000, 1_250_000) });
const cells: fc.Arbitrary<Cell> = fc.record({
  deviceFactor: fc.constantFrom(1, 2, 3, 6),
  edgeFactor: fc.constantFrom(1, 2),
  agreement: fc.record({
    draft: fc.double({ min: 0.85, max: 0.995, noNaN: true }),
    middle: fc.double({ min: 0.97, max: 1, noNaN: true }),
  }),
  edgeLink: link([2, 10, 30]),
  cloudLink: link([0, 20, 50, 80, 150, 300]),
  answerTokens: fc.constantFrom(20, 60, 90),
  promptTokens: fc.constantFrom(8, 48),
  seed: fc.integer({ min: 1, max: 10_000 }),
});

interface Mean {
  readonly ms: number;
  /** Standard error. */
  readonly errorMs: number;
}

async function playedMs(
  fleet: SimulatedFleet,
  plan: Parameters<typeof simulatePlan>[1],
  answers: number,
): Promise<Mean> {
  const times: number[] = [];
  for (let answer = 0; answer < answers; answer++) times.push((await simulatePlan(fleet, plan, answer)).durationMs);
  const ms = times.reduce((sum, one) => sum + one, 0) / answers;
  const variance = times.reduce((sum, one) => sum + (one - ms) ** 2, 0) / Math.max(1, answers - 1);
  return { ms, errorMs: Math.sqrt(variance / answers) };
}

describe('estimates', () => {
  test('of the plans that are offered are within 15 % of what the driver takes, in any fleet', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const drafted = findPlans(snapshotOf(cell)).filter(({ draftLengths }) => draftLengths.length > 0);
        expect(
          drafted
            .map(({ kind }) => kind)
            .sort()
            .at(0),
        ).toMatch(/tiers/);
        for (const plan of drafted.slice(0, 2)) {
          const played = await playedMs(fleetOf(cell), plan, 12);
          const allowedMs = 0.15 * played.ms + 2.5 * played.errorMs;
          expect(Math.abs(plan.expectedMs - played.ms), plan.label).toBeLessThan(allowedMs);
        }
      }),
      RUNS,
    );
  }, 300_000);

  test('of any shape are within 25 %, where the link is not flooded with drafts that are worthless', async () => {
    const shapes = fc.record({
      draftLengths: fc.constantFrom([4], [8], [16], [4, 8], [24]),
      window: fc.constantFrom(2, 8, 16),
      chain: fc.constantFrom(['cloud'] as const, ['edge', 'cloud'] as const),
    });
    const wide = (link: LinkFacts): LinkFacts => ({ ...link, bytesPerSecond: 10 * (link.bytesPerSecond ?? 0) });
    await fc.assert(
      fc.asyncProperty(cells, shapes, async (any, { chain, draftLengths, window }) => {
        const cell = { ...any, edgeLink: wide(any.edgeLink), cloudLink: wide(any.cloudLink) };
        const shape = { draftLengths, window, maxAhead: 96, pull: 0 };
        const judges = chain.map(tier => ({ tier, node: tier, exit: tier === 'edge' ? MIDDLE : REFERENCE }));
        const members = [{ tier: 'device', node: 'device', exit: DRAFT } as const, ...judges];
        const kind = members.length === 3 ? 'three-tiers' : 'two-tiers';
        const estimate = estimateShape(snapshotOf(cell), members, shape) ?? 0;
        const played = await playedMs(fleetOf(cell), { ...shape, kind, members }, 12);
        expect(Math.abs(estimate - played.ms)).toBeLessThan(0.25 * played.ms + 2.5 * played.errorMs);
      }),
      RUNS,
    );
  }, 300_000);

  test('of answers by one node are within 5 %', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const lone = findPlans({ ...snapshotOf(cell), allowed: ['local', 'pull', 'hand-over'] });
        expect(lone.map(({ kind }) => kind).sort()).toEqual(['hand-over', 'local', 'pull']);
        for (const plan of lone) {
          const played = await playedMs(fleetOf(cell), plan, 1);
          expect(Math.abs(plan.expectedMs - played.ms), plan.label).toBeLessThan(0.05 * played.ms);
        }
      }),
      RUNS,
    );
  }, 300_000);
});

/** Fixed choices: one node alone, or drafts of 4, 8 or 16 that everybody agreed on for ever. */
function fixedPlans(cell: Cell): readonly Plan[] {
  const usual = findPlans(snapshotOf(cell));
  return usual.flatMap(plan =>
    plan.draftLengths.length === 0
      ? [plan]
      : [4, 8, 16].map(length => ({ ...plan, draftLengths: [length], window: 8 })),
  );
}

describe('the plan that is chosen', () => {
  test('takes hardly longer than the best fixed choice, in any fleet', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async cell => {
        const fleet = fleetOf(cell);
        const [chosen] = findPlans(snapshotOf(cell));
        if (chosen === undefined) throw new Error('no plan');
        const ours = await playedMs(fleet, chosen, 12);
        for (const plan of fixedPlans(cell)) {
          const other = await playedMs(fleet, plan, 12);
          const noiseMs = 2.5 * Math.hypot(ours.errorMs, other.errorMs);
          expect(ours.ms, `${chosen.label} against ${plan.label}`).toBeLessThan(other.ms / 0.95 + noiseMs);
        }
      }),
      RUNS,
    );
  }, 300_000);

  test('drafts nothing where drafting loses: a device six times slower that is often wrong, over any link', async () => {
    const slow = cells.map(cell => ({
      ...{ ...cell, deviceFactor: 6, edgeFactor: 4, answerTokens: 60 },
      agreement: { draft: 0.9, middle: 0.97 },
    }));
    await fc.assert(
      fc.asyncProperty(slow, async cell => {
        const [chosen] = findPlans(snapshotOf(cell));
        expect(chosen?.draftLengths).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('a placement that learns', () => {
  const cell: Cell = {
    ...{
      deviceFactor: 1,
      edgeFactor: 2,
      agreement: { draft: 0.97, middle: 0.998 },
      answerTokens: 60,
      promptTokens: 48,
    },
    ...{ edgeLink: { rttMs: 4 }, cloudLink: { rttMs: 20, bytesPerSecond: 1_250_000 }, seed: 3 },
  };

  /** Gives answers over a fleet that may be another than the snapshot says. */
  async function live(
    answers: number,
    at: (answer: number) => { truth: Cell; believed: Cell },
  ): Promise<readonly Plan[]> {
    const placement = createPlacement({ random: createSeededRandom(4) });
    const plans: Plan[] = [];
    for (let answer = 0; answer < answers; answer++) {
      const { truth, believed } = at(answer);
      const decision = placement.decide(snapshotOf(believed));
      if (decision === undefined) throw new Error('no plan');
      const result = await simulatePlan(fleetOf(truth), decision.plan, answer);
      placement.note(decision, outcomeOf(result, snapshotOf(believed)));
      if (!decision.isTrial) plans.push(decision.plan);
    }
    return plans;
  }

  test('keeps to one way while nothing changes', async () => {
    const plans = await live(40, () => ({ truth: cell, believed: cell }));
    const labels = plans.map(({ label }) => label);
    const switches = labels.filter((label, at) => at > 0 && label !== labels[at - 1]).length;
    expect(switches).toBeLessThanOrEqual(2);
  });

  test('turns drafting off within a few answers when drafts turn out to be worse than was promised', async () => {
    const truth = { ...cell, agreement: { draft: 0.4, middle: 0.6 }, cloudLink: { rttMs: 150 } };
    const believed = { ...truth, agreement: cell.agreement };
    const plans = await live(12, () => ({ truth, believed }));
    expect(plans[0]?.draftLengths.length).toBeGreaterThan(0);
    expect(plans.slice(6).every(({ draftLengths }) => draftLengths.length === 0)).toBe(true);
  });

  test('reacts at once when probes say that a link got worse', async () => {
    const worse = { ...cell, cloudLink: { rttMs: 300, bytesPerSecond: 12_500 } };
    const plans = await live(20, answer => {
      const now = answer < 12 ? cell : worse;
      return { truth: now, believed: now };
    });
    expect(plans[8]?.members.at(-1)?.tier).toBe('cloud');
    expect(plans.at(-1)).toMatchObject({ kind: 'local' });
  });

  test('reacts within a few answers when a link got worse and no probe has told', async () => {
    const jammed = { ...cell, cloudLink: { rttMs: 400, bytesPerSecond: 12_500 } };
    const plans = await live(24, answer => ({ truth: answer < 8 ? cell : jammed, believed: cell }));
    expect(plans[6]?.members.at(-1)?.tier).toBe('cloud');
    expect(plans.slice(14).filter(({ kind }) => kind === 'local').length).toBeGreaterThan(5);
  });
});

test('message sizes of the planner are those of the simulated link', async () => {
  const cell: Cell = {
    ...{
      deviceFactor: 1,
      edgeFactor: 1,
      agreement: { draft: 1, middle: 1 },
      answerTokens: 8,
      promptTokens: 8,
      seed: 1,
    },
    ...{ edgeLink: { rttMs: 0 }, cloudLink: { rttMs: 0 } },
  };
  const members = [
    { tier: 'device', exit: DRAFT },
    { tier: 'cloud', exit: REFERENCE },
  ] as const;
  const plan = { kind: 'two-tiers', members, draftLengths: [8], window: 8, maxAhead: 96, pull: 0 } as const;
  const { ledger } = await simulatePlan(fleetOf(cell), plan, 1);
  const [carried] = ledger?.links ?? [];
  const { opening, message, token } = MESSAGE_SIZES;
  expect(carried?.sentBytes).toBe(opening + 8 * token + (message + 8 * token));
  expect(carried?.receivedBytes).toBe(2 * message);
});

test('an outcome tells the planner of places, round trips and busy engines', async () => {
  const cell: Cell = {
    ...{
      deviceFactor: 1,
      edgeFactor: 1,
      agreement: { draft: 0.9, middle: 1 },
      answerTokens: 60,
      promptTokens: 8,
      seed: 1,
    },
    ...{ edgeLink: { rttMs: 4 }, cloudLink: { rttMs: 40, bytesPerSecond: 125_000 } },
  };
  const members = [
    { tier: 'device', exit: DRAFT },
    { tier: 'cloud', exit: REFERENCE },
  ] as const;
  const plan = { kind: 'two-tiers', members, draftLengths: [8], window: 8, maxAhead: 96, pull: 0 } as const;
  const result = await simulatePlan(fleetOf({ ...cell, deviceFactor: 2 }), plan, 1);
  const outcome = outcomeOf(result, snapshotOf(cell));
  expect(outcome).toMatchObject({ isTelling: true, durationMs: result.durationMs, answerTokens: 60 });
  expect(outcome.acceptance).toMatchObject([{ draftExit: DRAFT, judgeExit: REFERENCE }]);
  const [device, cloud] = outcome.nodes ?? [];
  expect(device).toMatchObject({ node: 'device', computeRatio: expect.closeTo(2, 1) });
  expect(cloud).toMatchObject({ node: 'cloud', computeRatio: expect.closeTo(1, 0) });
  expect(cloud?.rttMs).toBe(40);
  const jammed = await simulatePlan(fleetOf({ ...cell, cloudLink: { rttMs: 400 } }), plan, 1);
  const seen = outcomeOf(jammed, snapshotOf(cell)).nodes?.[1]?.rttMs ?? 0;
  expect(seen).toBeGreaterThan(350);
  expect(seen).toBeLessThan(420);
  const failed = { ...result, outcome: 'deadline' } as const;
  expect(outcomeOf(failed, snapshotOf(cell)).isTelling).toBe(false);
});
