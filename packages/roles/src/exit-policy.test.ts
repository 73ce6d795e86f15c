import { confidencePolicy, type FamilyManifest } from '@aiflow/model';
import { expect, test } from 'vitest';
import { type PolicyFacts, resolvePolicy, wishes } from './exit-policy.ts';
import { policyOfCall } from './policy-budget.ts';

const facts: PolicyFacts = {
  family: 'nano',
  held: [1, 3, 11],
  last: 11,
  confidence: new Map([
    [
      1,
      [
        { risk: 0.005, margin: 6 },
        { risk: 0.01, margin: 4 },
        { risk: 0.02, margin: 3 },
      ],
    ],
    [3, [{ risk: 0.01, margin: 2 }]],
  ]),
};

const stepsOf = (risk: number, changes: Partial<PolicyFacts> = {}): unknown => {
  const { within, statedRisk } = resolvePolicy({ risk }, { ...facts, ...changes });
  return { steps: within.kind === 'confidence' ? within.steps : [], statedRisk };
};

test('a risk is the sum over the exits that may decide: the shallowest takes the most, what is left the next', () => {
  const two = [
    { exit: 1, minMargin: 4 },
    { exit: 3, minMargin: 2 },
  ];
  expect(stepsOf(0.02)).toEqual({ steps: [{ exit: 1, minMargin: 3 }], statedRisk: 0.02 });
  expect(stepsOf(0.015)).toEqual({ steps: [{ exit: 1, minMargin: 4 }], statedRisk: 0.01 });
  const noTwo = new Map([...facts.confidence].map(([exit, table]) => [exit, table.filter(({ risk }) => risk < 0.02)]));
  expect(stepsOf(0.02, { confidence: noTwo })).toEqual({ steps: two, statedRisk: 0.02 });
});

test('exits behind a margin of 0 decide nothing, so they are neither tried nor counted', () => {
  const confidence = new Map([
    [
      1,
      [
        { risk: 0.005, margin: 0 },
        { risk: 0.01, margin: 0 },
      ],
    ],
    [3, [{ risk: 0.005, margin: 0 }]],
  ]);
  expect(stepsOf(0.02, { confidence })).toEqual({ steps: [{ exit: 1, minMargin: 0 }], statedRisk: 0.005 });
});

test('the family says the same of a risk as the node that holds all its exits', () => {
  const manifest = {
    family: 'nano',
    exits: facts.held.map(depth => ({ depth, rungs: [], confidence: facts.confidence.get(depth) ?? [] })),
  } as unknown as FamilyManifest;
  for (const risk of [0.005, 0.01, 0.015, 0.02, 0.03, 0.5]) {
    const { within } = resolvePolicy({ risk }, facts);
    expect(confidencePolicy(manifest, { risk, exits: [1, 3], last: 11 })).toEqual(within);
  }
});

test('an exit without a promise so careful is passed over, and the stated risk is that of the exits in use', () => {
  const { within, statedRisk } = resolvePolicy({ risk: 0.006 }, facts);
  expect(within).toEqual({ kind: 'confidence', steps: [{ exit: 1, minMargin: 6 }], last: 11 });
  expect(statedRisk).toBe(0.005);
});

test('the deepest exit of a request bounds the steps', () => {
  expect(resolvePolicy({ risk: 0.02 }, { ...facts, last: 3 }).within).toEqual({
    kind: 'confidence',
    steps: [{ exit: 1, minMargin: 3 }],
    last: 3,
  });
});

test('a risk below every promise is refused with the least there is', () => {
  expect(() => resolvePolicy({ risk: 0.001 }, facts)).toThrow(
    /no risk of 0\.1 % at exit 1, 3; the least it promises is 0\.5 %/,
  );
  expect(() => resolvePolicy({ risk: 0.01 }, { ...facts, confidence: new Map() })).toThrow(/not calibrated/);
});

test('a node with one exit takes any risk, as that exit decides everything, and states none', () => {
  const alone = resolvePolicy({ risk: 0.001 }, { ...facts, held: [1], last: 1 });
  expect(alone).toMatchObject({ within: { kind: 'confidence', steps: [], last: 1 }, statedRisk: undefined });
});

test('joules without the draw of the machine are refused, as no time follows from them', () => {
  expect(() => resolvePolicy({ joules: 2 }, facts)).toThrow(/watts/);
  expect(wishes({ watts: 5 })).toBe(false);
});

test('a call may take its share of the time and energy that are left, around the policy inside', () => {
  const policy = resolvePolicy({ risk: 0.01, joules: 2, watts: 5, inTime: true }, facts);
  const call = policyOfCall(policy, { count: 8, expectedTokens: 32, remainingMs: 400, computeMs: 200 });
  expect(call).toMatchObject({
    kind: 'budget',
    budget: { timeMs: 100, joules: 0.25, watts: 5 },
    within: { kind: 'confidence' },
  });
  const spent = policyOfCall(policy, { count: 8, expectedTokens: 32, remainingMs: 400, computeMs: 900 });
  expect(spent).toMatchObject({ budget: { joules: 0 } });
});

test('without a limit the policy goes as it is', () => {
  const policy = resolvePolicy({ risk: 0.01 }, facts);
  expect(policyOfCall(policy, { count: 8, expectedTokens: 8, remainingMs: 1, computeMs: 0 })).toBe(policy.within);
});
