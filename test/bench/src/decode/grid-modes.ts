// SPDX-License-Identifier: Apache-2.0
import type { SimulatedPlan } from '@aiflow/decode';
import { DRAFT_EXIT, type GridCell, MIDDLE_EXIT, REFERENCE_EXIT } from './grid-cell.ts';

/** Ways to answer that never change, whatever the link is like. */
export type FixedMode =
  | 'cloud-only'
  | 'edge-only'
  | 'local-only'
  | 'device and cloud'
  | 'device and edge'
  | 'three tiers';

/** A fixed choice: a mode, and where it drafts, how much at a time. */
export interface FixedChoice {
  readonly mode: FixedMode;
  readonly plan: SimulatedPlan;
}

const DRAFT_LENGTHS = [4, 8, 16];
const SHAPE = { draftLengths: [], window: 8, maxAhead: 96, pull: 0 };

const drafter = { tier: 'device', exit: DRAFT_EXIT } as const;
const middle = { tier: 'edge', exit: MIDDLE_EXIT } as const;
const edge = { tier: 'edge', exit: REFERENCE_EXIT } as const;
const cloud = { tier: 'cloud', exit: REFERENCE_EXIT } as const;

const ALONE: readonly FixedChoice[] = [
  { mode: 'cloud-only', plan: { ...SHAPE, kind: 'hand-over', members: [drafter, cloud] } },
  { mode: 'edge-only', plan: { ...SHAPE, kind: 'hand-over', members: [drafter, edge] } },
  { mode: 'local-only', plan: { ...SHAPE, kind: 'local', members: [{ tier: 'device', exit: REFERENCE_EXIT }] } },
];

const TOGETHER: readonly FixedChoice[] = DRAFT_LENGTHS.flatMap(length => {
  const shape = { ...SHAPE, draftLengths: [length] };
  return [
    { mode: 'device and cloud', plan: { ...shape, kind: 'two-tiers', members: [drafter, cloud] } },
    { mode: 'device and edge', plan: { ...shape, kind: 'two-tiers', members: [drafter, edge] } },
    { mode: 'three tiers', plan: { ...shape, kind: 'three-tiers', members: [drafter, middle, cloud] } },
  ] as const;
});

/** Every fixed choice that a cell's fleet allows; drafts of 4, 8 and 16 where something is drafted. */
export function fixedChoices({ hasEdge }: GridCell): readonly FixedChoice[] {
  return [...ALONE, ...TOGETHER].filter(({ plan }) => hasEdge || plan.members.every(({ tier }) => tier !== 'edge'));
}
