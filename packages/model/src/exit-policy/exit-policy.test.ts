// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { checkExitPolicy, MAX_NESTED_BUDGETS } from './check-exit-policy.ts';
import { confidencePolicy } from './confidence-policy.ts';
import type { ExitBudget, ExitPolicy } from './exit-policy.ts';
import { type ClimbFacts, planClimb } from './plan-climb.ts';
import { type CalibratedExit, shareRisk } from './share-risk.ts';

const EXITS = [1, 3, 5, 8, 11];

const CLIMB: ExitPolicy = {
  kind: 'confidence',
  steps: [
    { exit: 1, minMargin: 4 },
    { exit: 5, minMargin: 2 },
  ],
  last: 11,
};

/** An exit costs its depth in milliseconds; a way costs the deepest trunk and 1 for each exit on it. */
const facts = (changes: Partial<ClimbFacts> = {}): ClimbFacts => ({
  ...{ exits: EXITS, tokensLeft: 10, spentMs: 0 },
  tokenMs: exits => Math.max(...exits) + exits.length,
  ...changes,
});

function within(budget: ExitBudget, policy: ExitPolicy): ExitPolicy {
  return { kind: 'budget', budget, within: policy };
}

const exitsOf = (policy: ExitPolicy, changes?: Partial<ClimbFacts>): number[] =>
  planClimb(policy, facts(changes)).map(step => step.exit);

describe('the way of a token', () => {
  test('is one exit where it is fixed', () => {
    expect(planClimb({ kind: 'fixed', exit: 5 }, facts())).toEqual([{ exit: 5, minMargin: 0 }]);
  });

  test('goes through the steps and ends where every margin suffices', () => {
    expect(planClimb(CLIMB, facts())).toEqual([
      { exit: 1, minMargin: 4 },
      { exit: 5, minMargin: 2 },
      { exit: 11, minMargin: 0 },
    ]);
  });

  test('ends at the deepest exit whose dearest way fits into the time left for the tokens left', () => {
    // Ways: to 11 costs 14, to 8 costs 11, to 5 costs 7, to 3 costs 5, to 1 costs 2; ten tokens are left.
    const at = (timeMs: number, changes?: Partial<ClimbFacts>) => exitsOf(within({ timeMs }, CLIMB), changes);
    expect(at(140)).toEqual([1, 5, 11]);
    expect(at(139)).toEqual([1, 5, 8]);
    expect(at(109)).toEqual([1, 5]);
    expect(at(69)).toEqual([1, 3]);
    expect(at(49)).toEqual([1]);
    expect(at(0)).toEqual([1]);
    expect(at(140, { spentMs: 1 })).toEqual([1, 5, 8]);
    expect(at(140, { spentMs: 130, tokensLeft: 1 })).toEqual([1, 5]);
  });

  test('through a fixed exit is cut to a shallower one', () => {
    expect(exitsOf(within({ timeMs: 60 }, { kind: 'fixed', exit: 8 }))).toEqual([5]);
    expect(exitsOf(within({ timeMs: 1e9 }, { kind: 'fixed', exit: 8 }))).toEqual([8]);
  });

  test('keeps within an energy: joules are watts times seconds', () => {
    expect(exitsOf(within({ joules: 1.4, watts: 10 }, CLIMB))).toEqual([1, 5, 11]);
    expect(exitsOf(within({ joules: 1.39, watts: 10 }, CLIMB))).toEqual([1, 5, 8]);
  });

  test('of an exit that was never timed is open only where the budget is', () => {
    const never = { tokenMs: () => Number.POSITIVE_INFINITY };
    expect(exitsOf(within({ timeMs: 1e9 }, CLIMB), never)).toEqual([1]);
    expect(exitsOf(CLIMB, never)).toEqual([1, 5, 11]);
  });

  const budgets = fc.array(
    fc.oneof(
      fc.record({ timeMs: fc.nat(200) }),
      fc.record({ joules: fc.nat(2000).map(n => n / 1000), watts: fc.integer({ min: 1, max: 20 }) }),
    ),
    { minLength: 1, maxLength: MAX_NESTED_BUDGETS },
  );
  const nested = (all: readonly ExitBudget[], leaf: ExitPolicy): ExitPolicy =>
    all.reduce((inner, budget) => within(budget, inner), leaf);

  test('keeps every budget of a nest, in whatever order they lie in each other', () => {
    fc.assert(
      fc.property(budgets, fc.nat(100), fc.integer({ min: 1, max: 20 }), (all, spentMs, tokensLeft) => {
        const changes = { spentMs, tokensLeft };
        checkExitPolicy(nested(all, CLIMB), EXITS);
        const way = exitsOf(nested(all, CLIMB), changes);
        expect(exitsOf(nested([...all].reverse(), CLIMB), changes)).toEqual(way);
        const alone = all.map(budget => exitsOf(within(budget, CLIMB), changes).at(-1)!);
        expect(way.at(-1)).toBe(Math.min(...alone));
      }),
    );
  });
});

describe('a policy is refused', () => {
  const confidence = (changes: object): ExitPolicy => ({ ...CLIMB, ...changes }) as ExitPolicy;
  const cases: [string, unknown, string, string][] = [
    [
      'of a kind that does not exist',
      { kind: 'best' },
      'invalid-argument',
      'kind best, expected fixed, confidence or budget',
    ],
    ['that is not there', undefined, 'invalid-argument', 'kind undefined'],
    [
      'with an exit that is not held',
      { kind: 'fixed', exit: 2 },
      'not-found',
      'names exit 2, which is not loaded: this engine holds 1, 3, 5, 8, 11',
    ],
    ['with a last exit that is not held', confidence({ last: 12 }), 'not-found', 'names exit 12'],
    ['without steps', confidence({ steps: undefined }), 'invalid-argument', 'no steps'],
    [
      'that goes down',
      confidence({ steps: [...(CLIMB.kind === 'confidence' ? CLIMB.steps : [])].reverse() }),
      'invalid-argument',
      'from exit 5 to 1',
    ],
    ['that ends where it was', confidence({ last: 5 }), 'invalid-argument', 'last 5 after exit 5'],
    ['with a margin below 0', confidence({ steps: [{ exit: 1, minMargin: -1 }] }), 'invalid-argument', 'margin of -1'],
    [
      'with a margin that is no number',
      confidence({ steps: [{ exit: 1, minMargin: Number.NaN }] }),
      'invalid-argument',
      'margin of NaN',
    ],
    ['with a budget that limits nothing', within({}, CLIMB), 'invalid-argument', 'limits nothing'],
    [
      'with a budget of joules but no watts',
      within({ joules: 3 }, CLIMB),
      'invalid-argument',
      '3 joules has watts undefined',
    ],
    ['with a negative time', within({ timeMs: -1 }, CLIMB), 'invalid-argument', 'timeMs -1'],
    ['with a budget around nothing', within({ timeMs: 1 }, undefined as never), 'invalid-argument', 'kind undefined'],
    [
      'with more budgets in each other than allowed',
      Array.from({ length: MAX_NESTED_BUDGETS + 1 }).reduce((inner: ExitPolicy) => within({ timeMs: 1 }, inner), CLIMB),
      'invalid-argument',
      `more than ${MAX_NESTED_BUDGETS} budgets`,
    ],
  ];
  test.each(cases)('%s', (_, policy, code, message) => {
    const check = (): void => checkExitPolicy(policy as ExitPolicy, EXITS);
    expect(check).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('a risk becomes margins', () => {
  const entry = (depth: number, ...confidence: { risk: number; margin: number }[]) => ({
    depth,
    rungs: [],
    confidence,
  });
  const manifest = {
    family: 'test',
    exits: [
      entry(1, { risk: 0.001, margin: 9 }, { risk: 0.01, margin: 5 }, { risk: 0.05, margin: 2 }),
      entry(3, { risk: 0.01, margin: 3 }),
      entry(5),
      entry(11),
    ],
  } as unknown as FamilyManifest;

  test('whose sum the family states for at most so much', () => {
    expect(confidencePolicy(manifest, { risk: 0.02, exits: [3, 1, 3], last: 11 })).toEqual({
      kind: 'confidence',
      steps: [
        { exit: 1, minMargin: 5 },
        { exit: 3, minMargin: 3 },
      ],
      last: 11,
    });
    expect(confidencePolicy(manifest, { risk: 0.01, exits: [1, 3], last: 11 }).steps).toEqual([
      { exit: 1, minMargin: 5 },
    ]);
    expect(confidencePolicy(manifest, { risk: 0.01, exits: [1], last: 3 }).steps).toEqual([{ exit: 1, minMargin: 5 }]);
  });

  const refused: [string, { risk: number; exits: number[]; last: number }, string, string][] = [
    [
      'a risk below those stated',
      { risk: 0.0005, exits: [1, 3], last: 11 },
      'failed-precondition',
      'no risk of 0.0005 or less for exit 1, 3: exit 1 states 0.001, 0.01, 0.05; exit 3 states 0.01',
    ],
    [
      'an exit that was not calibrated',
      { risk: 0.05, exits: [5], last: 11 },
      'failed-precondition',
      'for exit 5: exit 5 was not calibrated',
    ],
    ['an exit the family lacks', { risk: 0.05, exits: [2], last: 11 }, 'not-found', 'no exit 2'],
    ['a last exit the family lacks', { risk: 0.05, exits: [1], last: 4 }, 'not-found', 'no exit 4'],
    [
      'an exit not below the last',
      { risk: 0.05, exits: [1, 11], last: 11 },
      'invalid-argument',
      'exit 11 is to be tried before exit 11',
    ],
  ];
  test.each(refused)('but not %s', (_, wish, code, message) => {
    const ask = (): unknown => confidencePolicy(manifest, wish);
    expect(ask).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('a risk is shared among exits', () => {
  const at = (...entries: [risk: number, margin: number][]): CalibratedExit['confidence'] =>
    entries.map(([risk, margin]) => ({ risk, margin }));
  const NANO: readonly CalibratedExit[] = [
    { exit: 1, confidence: at([0.005, 0.5], [0.01, 0.2], [0.02, 0.007], [0.05, 0]) },
    { exit: 3, confidence: at([0.005, 0], [0.01, 0], [0.02, 0], [0.05, 0]) },
    { exit: 5, confidence: at([0.005, 0], [0.05, 0]) },
  ];

  test('the shallowest first, and what is left goes to the next', () => {
    expect(shareRisk(NANO, 0.01)).toEqual({ steps: [{ exit: 1, minMargin: 0.2 }], risk: 0.01 });
    expect(shareRisk(NANO, 0.015)).toEqual({
      steps: [
        { exit: 1, minMargin: 0.2 },
        { exit: 3, minMargin: 0 },
      ],
      risk: 0.015,
    });
  });

  test('but of equal margins the smallest risk is stated, and nobody after a margin of 0 has a share', () => {
    expect(shareRisk(NANO.slice(1), 0.04)).toEqual({ steps: [{ exit: 3, minMargin: 0 }], risk: 0.005 });
    expect(shareRisk(NANO, 0.2)).toEqual({ steps: [{ exit: 1, minMargin: 0 }], risk: 0.05 });
  });

  test('to the last bit: 0.1 and 0.2 fit into 0.3', () => {
    const tenths: readonly CalibratedExit[] = [
      { exit: 1, confidence: at([0.2, 3]) },
      { exit: 3, confidence: at([0.1, 2]) },
    ];
    expect(shareRisk(tenths, 0.3)).toMatchObject({ steps: [{ exit: 1 }, { exit: 3 }], risk: 0.3 });
  });

  test('so that what the steps state never sums up to more', () => {
    const risks = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(risks, { maxLength: 4 }), fc.integer({ min: 1, max: 200 }), (tables, asked) => {
        const exits = tables.map((table, index) => {
          const ascending = table.sort((one, other) => one - other);
          return { exit: index + 1, confidence: ascending.map(risk => ({ risk: risk / 1000, margin: 101 - risk })) };
        });
        const { steps, risk } = shareRisk(exits, asked / 1000);
        const sum = steps.reduce((total, step) => total + (101 - step.minMargin), 0);
        expect(risk).toBeCloseTo(sum / 1000, 9);
        expect(sum).toBeLessThanOrEqual(asked);
      }),
    );
  });
});
