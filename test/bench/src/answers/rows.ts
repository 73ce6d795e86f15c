// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';

/** How often each part of the case is done. A round of questions asks one of each kind. */
export const PLAN = {
  questionRounds: { full: 20, quick: 1 },
  kills: { full: 50, quick: 4 },
  brokerRestarts: { full: 3, quick: 0 },
} as const;

/** Metrics of the questions that nothing disturbs. */
export const UNDISTURBED = {
  asked: 'questions, each answered together and by the cloud alone',
  mismatches: 'answers that differ from the cloud alone',
  exact: 'answers marked exact',
  right: 'right against the reference, together',
  rightAlone: 'right against the reference, cloud alone',
  acceptedByEdge: 'drafted tokens that the edge let stand',
  acceptedByCloud: 'tokens of the edge that the cloud let stand',
  messages: 'messages an answer',
  bytes: 'payload bytes an answer',
} as const;

/** What can happen to a fleet while it answers. */
export const FAULTS = {
  node: 'a random node killed',
  broker: 'broker killed and restarted',
} as const;
export type FaultKind = keyof typeof FAULTS;

/** What became of answers during a fault. */
export const OUTCOMES = {
  runs: 'runs',
  completed: 'completed with who was left',
  failed: 'failed in time, naming the hop',
  unclear: 'failed without naming the hop',
  cutShort: 'given in part at the deadline',
  hung: 'hung or late',
  wrong: 'wrong text, or inexact without a reason',
} as const;
export type OutcomeKind = keyof typeof OUTCOMES;

export const faultMetric = (fault: FaultKind, outcome: OutcomeKind): string => `${FAULTS[fault]}: ${OUTCOMES[outcome]}`;
export const HELPER_SURVIVED = 'edge or cloud killed: share that the others completed';

const NONE = { of: 'value', atMost: 0 } as const;
const ALL = { of: 'value', atLeast: 1 } as const;

function faultRows(fault: FaultKind, quick: boolean): readonly RowPlan[] {
  const plan = (outcome: OutcomeKind): RowPlan => ({ metric: faultMetric(fault, outcome), unit: 'count', quick });
  const never = (outcome: OutcomeKind): RowPlan => ({ ...plan(outcome), aim: NONE });
  return [
    plan('runs'),
    plan('completed'),
    plan('failed'),
    never('unclear'),
    never('cutShort'),
    never('hung'),
    never('wrong'),
  ];
}

/** What the case `answers` promises. */
export const answersRows: readonly RowPlan[] = [
  { metric: UNDISTURBED.asked, unit: 'count' },
  { metric: UNDISTURBED.mismatches, unit: 'count', aim: NONE },
  { metric: UNDISTURBED.exact, unit: 'share', aim: ALL },
  { metric: UNDISTURBED.rightAlone, unit: 'share' },
  { metric: UNDISTURBED.right, unit: 'share', baseline: UNDISTURBED.rightAlone, aim: { of: 'ratio', atLeast: 1 } },
  { metric: UNDISTURBED.acceptedByEdge, unit: 'share' },
  { metric: UNDISTURBED.acceptedByCloud, unit: 'share' },
  { metric: UNDISTURBED.messages, unit: 'count' },
  { metric: UNDISTURBED.bytes, unit: 'B' },
  ...faultRows('node', true),
  { metric: HELPER_SURVIVED, unit: 'share', aim: ALL },
  ...faultRows('broker', false),
];
