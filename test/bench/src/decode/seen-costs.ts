// SPDX-License-Identifier: Apache-2.0
import type { AnswerResult } from '@aiflow/node';
import { costCurve, type ExitCost } from '@aiflow/placement';
import type { MeasuredCosts } from './predict-cell.ts';

type Summaries = readonly AnswerResult['summary'][];

/**
 * Stated costs, scaled to the computing time that the nodes reported with these answers: the curves keep their shape. What
 * nodes state was measured once, while others started beside them; 1 where an exit took no part.
 */
export function seenCosts(stated: MeasuredCosts, summaries: Summaries): MeasuredCosts {
  const { device, edge, cloud } = stated;
  const scale = (costs: readonly ExitCost[]): readonly ExitCost[] => costs.map(cost => scaled(cost, summaries));
  return { device: scale(device), edge: scale(edge), cloud: scale(cloud) };
}

/** Computing time over what was stated for it, step and blocks, of each exit that took part. */
export function pacesOf(stated: MeasuredCosts, summaries: Summaries): readonly number[] {
  const costs = Object.values(stated).flat();
  return costs.flatMap(cost => [stepPace(cost, summaries), blockPace(cost, summaries)]).filter(pace => pace !== 1);
}

function scaled(cost: ExitCost, summaries: Summaries): ExitCost {
  const [step, block] = [stepPace(cost, summaries), blockPace(cost, summaries)];
  return {
    ...cost,
    stepMs: cost.stepMs * step,
    ...(cost.verify === undefined ? {} : { verify: cost.verify.map(({ tokens, ms }) => ({ tokens, ms: ms * block })) }),
  };
}

function stepPace({ exit, stepMs }: ExitCost, summaries: Summaries): number {
  const parts = summaries.flatMap(({ ledger }) => ledger?.tiers ?? []);
  const own = parts.filter(part => part.exit === exit && part.role === 'drafter');
  return ratio(sum(own.map(({ computeMs }) => computeMs)), stepMs * sum(own.map(({ tokens }) => tokens)));
}

function blockPace({ exit, verify }: ExitCost, summaries: Summaries): number {
  const own = summaries.flatMap(({ tiers }) => tiers).filter(tier => tier.exit === exit && tier.verifyCalls > 0);
  const curve = costCurve(verify ?? []);
  const foretoldMs = own.map(({ verifyCalls, proposed }) => verifyCalls * curve(proposed / verifyCalls));
  return ratio(sum(own.map(({ computeMs }) => computeMs)), sum(foretoldMs));
}

function ratio(ms: number, foretoldMs: number): number {
  return ms > 0 && foretoldMs > 0 ? ms / foretoldMs : 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
