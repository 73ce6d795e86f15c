// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import type { AcceptanceFacts } from '@aiflow/placement';

/**
 * How often a shallower exit's token is what a deeper one says, as far as a family's manifest tells before the first
 * answer. The share of tokens equal to the deepest exit's was measured; between two others it is taken for the product
 * of theirs, as if they erred independently. Exits that were not measured are left out.
 */
export function acceptanceOf({ exits }: Pick<FamilyManifest, 'exits'>): readonly AcceptanceFacts[] {
  const deepest = Math.max(...exits.map(({ depth }) => depth));
  const measured = exits.flatMap(({ depth, rungs }) => {
    const share = depth === deepest ? 1 : rungs.at(-1)?.agreement;
    return share === undefined ? [] : [{ depth, share }];
  });
  return measured.flatMap(draft =>
    measured
      .filter(judge => judge.depth > draft.depth)
      .map(judge => ({ draftExit: draft.depth, judgeExit: judge.depth, byPosition: [draft.share * judge.share] })),
  );
}
