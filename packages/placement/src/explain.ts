// SPDX-License-Identifier: Apache-2.0
import type { Plan } from './plan.ts';
import type { PlacementSnapshot } from './snapshot.ts';

/** A plan and what it is expected to take after what was learned. */
export interface RatedPlan {
  readonly plan: Plan;
  readonly ms: number;
}

/** Why a plan was taken. */
export type Choice =
  | { readonly why: 'fastest' }
  | { readonly why: 'kept'; readonly better: RatedPlan }
  | { readonly why: 'stays'; readonly fastest: RatedPlan }
  | { readonly why: 'trial' };

/** Most alternatives that are named. */
const MAX_NAMED = 6;

/** A choice in words, with its figures. */
export function explainChoice(
  snapshot: PlacementSnapshot,
  chosen: RatedPlan,
  { all, choice }: { readonly all: readonly RatedPlan[]; readonly choice: Choice },
): readonly string[] {
  return [
    `${chosen.plan.label}: ${time(chosen.ms)} for about ${snapshot.answerTokens} tokens`,
    ...explainWhy(chosen, choice),
    ...explainDrafting(snapshot, chosen.plan),
    ...explainNoDrafting(chosen, all),
    ...explainDeadline(snapshot, chosen),
    ...explainOthers(chosen, all),
  ];
}

function explainWhy(chosen: RatedPlan, choice: Choice): readonly string[] {
  switch (choice.why) {
    case 'fastest':
      return [];
    case 'kept':
      return [
        `kept: ${choice.better.plan.label} would take ${timeBeside(chosen, choice.better)}, but has not been clearly better for long enough`,
      ];
    case 'stays':
      return [
        `stays on this node: ${choice.fastest.plan.label} would take ${timeBeside(chosen, choice.fastest)}, too little to leave it`,
      ];
    case 'trial':
      return ['a trial: this way was not measured for long'];
  }
}

function explainDrafting(
  snapshot: PlacementSnapshot,
  { kind, members, draftLengths, window }: Plan,
): readonly string[] {
  if (kind !== 'two-tiers' && kind !== 'three-tiers') return [];
  const hops = members.slice(1).map(({ node, exit }, at) => {
    const drafter = members[at]?.exit ?? 0;
    const pair = snapshot.acceptance.find(one => one.draftExit === drafter && one.judgeExit === exit);
    const rttMs = snapshot.others.find(other => other.node === node)?.link.rttMs ?? 0;
    const [first, later] = [share(pair?.byPosition[0]), share(pair?.byPosition.at(-1))];
    const tokens = first === later ? 'tokens' : `first and ${later} of its later tokens`;
    return `${node} is ${time(rttMs)} away and lets ${first} of exit ${drafter}'s ${tokens} stand`;
  });
  return [`drafts of ${draftLengths.join(', then ')} tokens, at most ${window} under way to one judge`, ...hops];
}

/** Cooperation that does not pay is off, and this says by how much. */
function explainNoDrafting(chosen: RatedPlan, all: readonly RatedPlan[]): readonly string[] {
  const isDrafting = ({ plan }: RatedPlan): boolean => plan.draftLengths.length > 0;
  if (isDrafting(chosen)) return [];
  const best = all.find(isDrafting);
  if (best === undefined) return [];
  return [`drafting is off: at best (${best.plan.label}) it would take ${time(best.ms)}`];
}

function explainDeadline({ deadlineMs }: PlacementSnapshot, chosen: RatedPlan): readonly string[] {
  if (deadlineMs === undefined || chosen.ms <= deadlineMs) return [];
  return [`no way fits the deadline of ${time(deadlineMs)}: what stands then is the answer`];
}

function explainOthers(chosen: RatedPlan, all: readonly RatedPlan[]): readonly string[] {
  const others = all.filter(({ plan }) => plan.label !== chosen.plan.label).slice(0, MAX_NAMED);
  return others.length === 0 ? [] : [`others: ${others.map(({ plan, ms }) => `${plan.label} ${time(ms)}`).join('; ')}`];
}

function timeBeside(chosen: RatedPlan, other: RatedPlan): string {
  const gain = Math.round(100 * (1 - other.ms / chosen.ms));
  return gain > 0 ? `${time(other.ms)}, ${gain} % less` : time(other.ms);
}

function time(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

function share(value: number | undefined): string {
  return value === undefined ? 'an unknown share' : `${(100 * value).toFixed(1)} %`;
}
