// SPDX-License-Identifier: Apache-2.0
import type { SpanRecord } from './span-record.ts';

/** A span with the spans made within it, in the order they began. */
export interface SpanTree {
  readonly span: SpanRecord;
  readonly children: SpanTree[];
}

/** The spans of one trace, sorted into trees. */
export interface TraceForest {
  readonly roots: readonly SpanTree[];
  /** Trees whose parent is not among the spans. */
  readonly orphans: readonly SpanTree[];
}

/**
 * Sorts spans by their parents. Total: a span that came twice counts once, and spans that name each other as parents,
 * which no honest node makes, are orphans.
 */
export function buildTraceForest(spans: readonly SpanRecord[]): TraceForest {
  const trees = new Map<string, SpanTree>();
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    if (!trees.has(span.spanId)) trees.set(span.spanId, { span, children: [] });
  }
  const roots: SpanTree[] = [];
  const orphans: SpanTree[] = [];
  for (const tree of trees.values()) {
    const { parentId } = tree.span;
    const parent = trees.get(parentId);
    if (parentId === '') roots.push(tree);
    else if (parent === undefined || isItsOwnAncestor(tree, trees)) orphans.push(tree);
    else parent.children.push(tree);
  }
  return { roots, orphans };
}

function isItsOwnAncestor(tree: SpanTree, trees: ReadonlyMap<string, SpanTree>): boolean {
  const seen = new Set<string>();
  for (let above = trees.get(tree.span.parentId); above !== undefined; above = trees.get(above.span.parentId)) {
    if (above === tree) return true;
    if (seen.has(above.span.spanId)) return false;
    seen.add(above.span.spanId);
  }
  return false;
}
