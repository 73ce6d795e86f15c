// SPDX-License-Identifier: Apache-2.0
import { ATTRIBUTES } from './names.ts';
import type { SpanTree } from './trace-forest.ts';
import { millisecondsText, titleOf } from './trace-text.ts';

/** A span that is drawn, with what sums up its like that are not. */
export interface FoldedSpan {
  readonly tree: SpanTree;
  readonly fold: string | undefined;
}

/**
 * The first `keep` of the spans that are alike: of one name, node, peer and outcome. The last of them that is kept
 * carries the number and the summed time of the others. One left over is kept: its line is no longer than the sum.
 */
export function foldAlike(children: readonly SpanTree[], keep: number): readonly FoldedSpan[] {
  if (!Number.isFinite(keep)) return children.map(tree => ({ tree, fold: undefined }));
  const alike = new Map<string, SpanTree[]>();
  for (const child of children) {
    const kind = kindOf(child);
    const others = alike.get(kind);
    if (others === undefined) alike.set(kind, [child]);
    else others.push(child);
  }
  return children.flatMap((tree): readonly FoldedSpan[] => {
    const all = alike.get(kindOf(tree)) ?? [];
    const place = all.indexOf(tree);
    if (all.length <= keep + 1 || place < keep - 1) return [{ tree, fold: undefined }];
    return place === keep - 1 ? [{ tree, fold: sumUp(all.slice(keep)) }] : [];
  });
}

function kindOf({ span }: SpanTree): string {
  return JSON.stringify([span.name, titleOf(span), span.node, span.status, span.attributes[ATTRIBUTES.peerNode]]);
}

function sumUp(folded: readonly SpanTree[]): string {
  const ms = folded.reduce((sum, { span }) => sum + span.durationMs, 0);
  return `… ${folded.length} more like this, ${millisecondsText(ms)} in all`;
}
