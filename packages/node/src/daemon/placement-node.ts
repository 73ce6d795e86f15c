// SPDX-License-Identifier: Apache-2.0
import type { ExitCost, PlacementNode } from '@aiflow/placement';
import type { Advert, ExitCostReport, Tier } from '@aiflow/protocol';

/** What a node says of its family and of itself, as far as the planner asks. */
export interface StatedCosts extends Pick<Advert, 'watts' | 'activeSessions'> {
  readonly node: string;
  readonly tier: Tier;
  readonly exitCosts: readonly ExitCostReport[];
}

const FORMATS: readonly string[] = ['fp32', 'int8', 'int4'] satisfies readonly ExitCost['format'][];

/**
 * A node as the planner weighs it; undefined where nothing was measured and no watts are stated. With watts alone it has no
 * exits: no plan counts on it, but what it computes has its joules. Exits in formats this build does not know are left
 * out. The load is how many sessions share the model: a node that works for one at a time has a load of 1.
 */
export function placementNodeOf({
  node,
  tier,
  exitCosts,
  watts,
  activeSessions,
}: StatedCosts): PlacementNode | undefined {
  const exits = exitCosts.flatMap(exitCostOf);
  if (exits.length === 0 && watts === undefined) return undefined;
  return {
    ...{ node, tier, exits, load: Math.max(1, activeSessions ?? 1) },
    ...(watts === undefined ? {} : { watts }),
  };
}

function exitCostOf({ exit, format, stepMs, prefillTokenMs, verify }: ExitCostReport): readonly ExitCost[] {
  if (!isFormat(format) || stepMs <= 0) return [];
  return [
    {
      ...{ exit, format, stepMs },
      ...(verify.length === 0 ? {} : { verify }),
      ...(prefillTokenMs === undefined ? {} : { prefillTokenMs }),
    },
  ];
}

function isFormat(format: string): format is ExitCost['format'] {
  return FORMATS.includes(format);
}
