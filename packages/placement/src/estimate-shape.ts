// SPDX-License-Identifier: Apache-2.0
import { createChainEstimator } from './estimate-drafting.ts';
import { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
import type { DraftingShape, PlanMember } from './plan.ts';
import type { PlacementSnapshot } from './snapshot.ts';

/**
 * Expected time of an answer drafted and judged by these members in this shape, drafter first; undefined when one of
 * them is not in the snapshot.
 */
export function estimateShape(
  snapshot: PlacementSnapshot,
  members: readonly Pick<PlanMember, 'node' | 'exit'>[],
  shape: DraftingShape,
  sizes: MessageSizes = MESSAGE_SIZES,
): number | undefined {
  const { owner, others, promptTokens, answerTokens, acceptance } = snapshot;
  const [drafter, ...rest] = members;
  const draft = owner.exits.find(({ exit }) => exit === drafter?.exit);
  const judges = rest.flatMap(member => {
    const node = others.find(other => other.node === member.node);
    const cost = node?.exits.find(({ exit }) => exit === member.exit);
    return node === undefined || cost === undefined ? [] : [{ node, cost }];
  });
  if (draft === undefined || judges.length !== rest.length || judges.length === 0) return undefined;
  return createChainEstimator({ owner, draft, judges, promptTokens, answerTokens, acceptance, sizes }).expectedMs(
    shape,
  );
}
