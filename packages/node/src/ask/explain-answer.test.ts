// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { explainAnswer } from './explain-answer.ts';

const PLAN: NonNullable<AnswerSummary['plan']> = {
  kind: 'two-tiers',
  label: 'device-1 drafts, edge-1 judges',
  expectedMs: 320.4,
  isTrial: false,
  reasons: [
    'device-1 drafts, edge-1 judges: 320 ms for about 60 tokens',
    "edge-1 is 4.2 ms away and lets 98.0 % of exit 1's tokens stand",
    'others: device-1 alone 563 ms',
  ],
  alternatives: [{ label: 'device-1 alone', expectedMs: 563 }],
};

const LEDGER: NonNullable<AnswerSummary['ledger']> = {
  ...{ durationMs: 305, answerTokens: 60, msPerToken: 5.08, drafted: 52, accepted: 44, joules: 12.25 },
  tiers: [
    { tier: 'device', node: 'device-1', exit: 1, role: 'drafter', computeMs: 90, tokens: 52, joules: 0.45 },
    { tier: 'edge', node: 'edge-1', exit: 5, role: 'verifier', computeMs: 160.4, tokens: 61 },
  ],
  links: [
    {
      ...{ node: 'edge-1', tier: 'edge', rttMs: 4.2 },
      ...{ sentMessages: 9, sentBytes: 410, receivedMessages: 9, receivedBytes: 380 },
    },
  ],
};

const SUMMARY: AnswerSummary = {
  ...{ session: 's', outcome: 'complete', far: false, exact: true, reasons: [], mode: 'two', exit: 5 },
  ...{ promptTokens: 40, answerTokens: 60, committed: 60, endedByItself: true, references: [], tiers: [], links: [] },
  durationMs: 305,
};

const plain = pc.createColors(false);

test('the plan stands with its reasons and what others were expected to take, then what the answer cost', () => {
  expect(explainAnswer({ ...SUMMARY, plan: PLAN, ledger: LEDGER }, plain).split('\n')).toEqual([
    'plan: device-1 drafts, edge-1 judges; expected 320 ms, took 305 ms',
    '  device-1 drafts, edge-1 judges: 320 ms for about 60 tokens',
    "  edge-1 is 4.2 ms away and lets 98.0 % of exit 1's tokens stand",
    '',
    'INSTEAD         EXPECTED',
    'device-1 alone    563 ms',
    '',
    'cost: 60 tokens in 305 ms, 5.1 ms each; 44 of 52 drafted tokens stood; 12 J where power is stated',
    '',
    'TIER    NODE      EXIT  ROLE      TOKENS  COMPUTED  JOULES',
    'device  device-1     1  drafter       52     90 ms    0.45',
    'edge    edge-1       5  verifier      61    160 ms       -',
    '',
    'LINK TO  ROUND TRIP        SENT    RECEIVED',
    'edge-1       4.2 ms  410 B in 9  380 B in 9',
    '',
  ]);
});

test('a way that was the only one, and tried to learn, is told without a table of others', () => {
  const plan = { ...PLAN, isTrial: true, reasons: [], alternatives: [] };
  expect(explainAnswer({ ...SUMMARY, plan }, plain)).toBe(
    'plan: device-1 drafts, edge-1 judges (a trial); expected 320 ms, took 305 ms\n',
  );
});

test('where nobody states power and nothing was drafted or sent, the cost says no more than it knows', () => {
  const { joules: _unknown, ...rest } = LEDGER;
  const ledger = { ...rest, drafted: 0, accepted: 0, links: [], tiers: LEDGER.tiers.slice(1) };
  expect(
    explainAnswer({ ...SUMMARY, ledger }, plain)
      .split('\n')
      .slice(2),
  ).toEqual([
    'cost: 60 tokens in 305 ms, 5.1 ms each; no node states its power',
    '',
    'TIER  NODE    EXIT  ROLE      TOKENS  COMPUTED  JOULES',
    'edge  edge-1     5  verifier      61    160 ms       -',
    '',
  ]);
});

test('an answer without a plan says why nothing was weighed', () => {
  expect(explainAnswer(SUMMARY, plain)).toMatch(
    /^plan: nothing was weighed: mode two .* exit 5 has been measured yet\n$/,
  );
  expect(explainAnswer({ ...SUMMARY, far: true }, plain)).toBe('plan: none, as the question was refused\n');
});

test('what other nodes say reaches a terminal as text alone', () => {
  const plan = {
    ...PLAN,
    label: 'a\u001b[2J',
    reasons: ['b\u0007'],
    alternatives: [{ label: 'c\u001b', expectedMs: 1 }],
  };
  const shown = explainAnswer({ ...SUMMARY, plan }, plain);
  expect(shown).toContain('plan: a\u241b[2J; ');
  expect(shown).toContain('  b\u2407\n');
  expect(shown).toContain('c\u241b');
});

test('under an exit policy it is told who decided how many tokens, and that no plan was followed', () => {
  const [first] = LEDGER.tiers;
  const tiers = first === undefined ? [] : [{ ...first, node: 'cloud-1', exit: 11, tokens: 40 }];
  const decided = [
    { exit: 3, tokens: 31 },
    { exit: 11, tokens: 9 },
  ];
  const ledger = { ...LEDGER, drafted: 40, accepted: 40, tiers, links: [] };
  const whyUnplanned = 'the exit policy chooses the exit of each token';
  expect(explainAnswer({ ...SUMMARY, decided, ledger, whyUnplanned }, plain).split('\n')).toEqual([
    'plan: none was followed: the exit policy chooses the exit of each token',
    '',
    'cost: 60 tokens in 305 ms, 5.1 ms each; exit 3 decided 31; exit 11 decided 9; 12 J where power is stated',
    '',
    'TIER    NODE               EXIT  ROLE     TOKENS  COMPUTED  JOULES',
    'device  cloud-1  3 (31), 11 (9)  drafter      40     90 ms    0.45',
    '',
  ]);
});
