// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { ConfidenceStep, ExitBudget, ExitPolicy } from './exit-policy.ts';

/** Budgets in each other at most. */
export const MAX_NESTED_BUDGETS = 8;

/**
 * Refuses a policy that cannot be followed on an engine that holds `exits`. Policies arrive over the wire, so nothing
 * about their shape is taken for granted.
 *
 * @throws AiflowError `invalid-argument` for what is malformed, naming the field; `not-found` for an exit that is not
 * held, naming those that are.
 */
export function checkExitPolicy(policy: ExitPolicy, exits: readonly number[]): void {
  let inner: ExitPolicy = policy;
  for (let depth = 0; inner?.kind === 'budget'; depth++) {
    if (depth === MAX_NESTED_BUDGETS) throw invalid(`exit policy nests more than ${MAX_NESTED_BUDGETS} budgets`);
    checkBudget(inner.budget);
    inner = inner.within;
  }
  switch (inner?.kind) {
    case 'fixed':
      checkHeld(inner.exit, exits);
      break;
    case 'confidence':
      checkSteps(inner.steps, inner.last);
      for (const exit of [...inner.steps.map(step => step.exit), inner.last]) checkHeld(exit, exits);
      break;
    default:
      throw invalid(`exit policy is of kind ${kindOf(inner)}, expected fixed, confidence or budget`);
  }
}

function kindOf(policy: unknown): string {
  return typeof policy === 'object' && policy !== null && 'kind' in policy ? String(policy.kind) : String(policy);
}

function checkBudget(budget: ExitBudget | undefined): void {
  const { timeMs, joules, watts } = budget ?? {};
  if (timeMs === undefined && joules === undefined) throw invalid('exit budget limits nothing: give timeMs or joules');
  if (timeMs !== undefined && !(timeMs >= 0)) throw invalid(`exit budget has timeMs ${timeMs}, expected 0 or more`);
  if (joules === undefined) return;
  if (!(joules >= 0)) throw invalid(`exit budget has joules ${joules}, expected 0 or more`);
  if (watts === undefined || !(watts > 0 && watts < Infinity)) {
    throw invalid(`exit budget of ${joules} joules has watts ${watts}, expected what the machine draws, above 0`);
  }
}

function checkSteps(steps: readonly ConfidenceStep[], last: number): void {
  if (!Array.isArray(steps)) throw invalid('exit policy of kind confidence has no steps');
  let below = 0;
  for (const { exit, minMargin } of steps) {
    if (!(minMargin >= 0))
      throw invalid(`exit policy asks exit ${exit} for a margin of ${minMargin}, expected 0 or more`);
    if (!(exit > below)) throw invalid(`exit policy steps from exit ${below} to ${exit}, expected shallow to deep`);
    below = exit;
  }
  if (!(last > below)) throw invalid(`exit policy has last ${last} after exit ${below}, expected a deeper one`);
}

function checkHeld(exit: number, exits: readonly number[]): void {
  if (exits.includes(exit)) return;
  throw new AiflowError(
    'not-found',
    `exit policy names exit ${exit}, which is not loaded: this engine holds ${exits.join(', ')}`,
    {
      details: { exit: String(exit) },
    },
  );
}

function invalid(message: string): AiflowError {
  return new AiflowError('invalid-argument', message);
}
