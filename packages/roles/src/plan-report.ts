// SPDX-License-Identifier: Apache-2.0
import type { PlacementDecision, Plan, PlanKind } from '@aiflow/placement';
import { readField } from './report-fields.ts';

/** How an answer was meant to be made, and why: what the planner decided before it began. */
export interface PlanReport {
  readonly kind: PlanKind;
  /** In words: who does what. */
  readonly label: string;
  /** Of the whole answer, corrected by what such answers took. */
  readonly expectedMs: number;
  /** Taken to measure a way that was not measured for long, not because it was expected to be the fastest. */
  readonly isTrial: boolean;
  /** The choice in figures; the first names the plan. */
  readonly reasons: readonly string[];
  /** What else was weighed, fastest first; at most 8. */
  readonly alternatives: readonly PlanAlternative[];
}

/** A way that was weighed and not taken. */
export interface PlanAlternative {
  readonly label: string;
  readonly expectedMs: number;
}

const KINDS: readonly PlanKind[] = ['local', 'two-tiers', 'three-tiers', 'pull', 'hand-over'];
const MAX_ALTERNATIVES = 8;
const MAX_REASONS = 32;

/** What a summary says of a decision. */
export function planReportOf({ plan, expectedMs, isTrial, reasons, alternatives }: PlacementDecision): PlanReport {
  return {
    ...{ kind: plan.kind, label: plan.label, expectedMs, isTrial, reasons },
    alternatives: alternatives
      .filter(other => other.plan !== plan)
      .slice(0, MAX_ALTERNATIVES)
      .map(other => ({ label: other.plan.label, expectedMs: other.ms })),
  };
}

/** Why nothing was drafted, in figures; empty where it was, or where nobody could judge drafts. */
export function whyNotDrafted({ plan, expectedMs, alternatives }: PlacementDecision): readonly string[] {
  const isDrafting = ({ draftLengths }: Plan): boolean => draftLengths.length > 0;
  const best = isDrafting(plan) ? undefined : alternatives.find(other => isDrafting(other.plan));
  if (best === undefined) return [];
  const figures = `${Math.round(best.ms)} ms an answer with it, ${Math.round(expectedMs)} ms without`;
  return [`drafting was off, as it does not pay here: ${figures}`];
}

/** Checks a report that came from outside. Throws `invalid-argument` naming field and value. */
export function parsePlanReport(json: unknown): PlanReport {
  const { raw, text, amount, flag, list, oneOf } = readField('summary.plan', json);
  return {
    kind: oneOf('kind', KINDS),
    label: text('label', raw.label),
    expectedMs: amount('expectedMs'),
    isTrial: flag('isTrial'),
    reasons: list('reasons', MAX_REASONS, (reason, field) => text(field, reason)),
    alternatives: list('alternatives', MAX_ALTERNATIVES, parseAlternative),
  };
}

function parseAlternative(json: unknown, field: string): PlanAlternative {
  const { raw, text, amount } = readField(`summary.plan.${field}`, json);
  return { label: text('label', raw.label), expectedMs: amount('expectedMs') };
}
