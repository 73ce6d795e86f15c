// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { placeSpans } from './place-spans.ts';
import type { SpanRecord } from './span-record.ts';
import type { SpanTree } from './trace-forest.ts';

function tree(change: Partial<SpanRecord>, ...children: SpanTree[]): SpanTree {
  const span: SpanRecord = {
    ...{ traceId: '', spanId: '', parentId: '', name: 'span', kind: 'internal', node: 'a', tier: 'device' },
    ...{ startMs: 0, durationMs: 10, status: 'ok', attributes: {}, events: [], links: [] },
    ...change,
  };
  return { span, children };
}

const plain = { skews: new Map(), branch: '', keepAlike: 9 };
const intervals = (root: SpanTree, skews: ReadonlyMap<string, number> = new Map()): readonly number[][] =>
  placeSpans(root, { ...plain, skews }).map(({ fromMs, toMs }) => [fromMs, toMs]);

test('parents stand above their children, and rails lead to those that follow', () => {
  const root = tree({ name: 'root' }, tree({ name: 'first' }, tree({ name: 'inner' })), tree({ name: 'last' }));
  const lines = placeSpans(root, plain).map(({ branch, tree: { span } }) => `${branch}${span.name}`);
  expect(lines).toEqual(['root', '├─ first', '│  └─ inner', '└─ last']);
});

test('a span of another node is cut to the span that waited for it, one of the same node or of a message is not', () => {
  const late = { node: 'b', startMs: 4, durationMs: 50 };
  expect(intervals(tree({ kind: 'client' }, tree(late)))).toEqual([
    [0, 10],
    [4, 10],
  ]);
  expect(intervals(tree({ kind: 'client' }, tree({ ...late, node: 'a' }))).at(1)).toEqual([4, 54]);
  expect(intervals(tree({ kind: 'producer' }, tree(late))).at(1)).toEqual([4, 54]);
});

test('a clock that is ahead is taken back before anything is cut', () => {
  const ahead = tree({ node: 'b', startMs: 1004, durationMs: 3 });
  expect(intervals(tree({ kind: 'client' }, ahead), new Map([['b', 1000]])).at(1)).toEqual([4, 7]);
});
