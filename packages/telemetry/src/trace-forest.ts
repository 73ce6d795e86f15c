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
 * Sorts spans by their parents. Total: a span that came twice counts once, and of spans that are each other's
 * ancestors, which no honest node makes, the earliest is an orphan.
 */
export function buildTraceForest(spans: readonly SpanRecord[]): TraceForest {
  const trees = new Map<string, SpanTree>();
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    if (!trees.has(span.spanId)) trees.set(span.spanId, { span, children: [] });
  }
  const roots: SpanTree[] = [];
  const orphans: SpanTree[] = [];
  for (const tree of trees.values()) {
    const parent = trees.get(tree.span.parentId);
    if (tree.span.parentId === '') roots.push(tree);
    else if (parent === undefined) orphans.push(tree);
    else parent.children.push(tree);
  }
  const reached = new Set<SpanTree>();
  for (const root of [...roots, ...orphans]) reach(root, reached);
  for (const tree of trees.values()) {
    if (reached.has(tree)) continue;
    const siblings = trees.get(tree.span.parentId)?.children;
    siblings?.splice(siblings.indexOf(tree), 1);
    orphans.push(tree);
    reach(tree, reached);
  }
  return { roots, orphans };
}

/** Every tree below `root` and itself, without recursion: a trace may be deep. */
export function* walk(root: SpanTree): Generator<SpanTree> {
  const pending = [root];
  for (let tree = pending.pop(); tree !== undefined; tree = pending.pop()) {
    yield tree;
    pending.push(...tree.children);
  }
}

function reach(root: SpanTree, reached: Set<SpanTree>): void {
  for (const tree of walk(root)) reached.add(tree);
}
