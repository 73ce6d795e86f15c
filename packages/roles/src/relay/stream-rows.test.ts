// SPDX-License-Identifier: Apache-2.0
import { createRowCodec } from '@aiflow/codec';
import type { FeatureChunk } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { bytesPerPosition, chunksOf, type RowTerms } from './feature-rows.ts';
import type { FeatureStream } from './feature-stream.ts';
import { type RowReading, readRows } from './stream-rows.ts';

const terms: RowTerms = { codec: createRowCodec('fp32'), layer: 2, width: 3, includesCache: false, epoch: 1 };

/** Rows from position 5 on, `perChunk` a chunk. */
function chunks(rows: number, perChunk: number): readonly FeatureChunk[] {
  const hidden = Float32Array.from({ length: rows * terms.width }, (_, index) => index);
  const state = { layer: 2, from: 5, rows, canonicalRows: rows, hidden };
  return [...chunksOf(state, terms, perChunk * bytesPerPosition(terms))];
}

function streamOf(sent: readonly FeatureChunk[]) {
  const rest = [...sent];
  const seen = { left: 0, chunks: 0 };
  const stream: FeatureStream = { next: async () => rest.shift(), leave: () => void seen.left++ };
  const read = (to: number) => {
    const onChunk = (): void => void seen.chunks++;
    const reading: RowReading = { terms, from: 5, to, chunkTimeoutMs: 1000, node: 'edge-1', onChunk };
    return readRows(stream, reading);
  };
  return { seen, read };
}

test('small chunks are handed on together, each run of 64 positions at least but the last', async () => {
  const { seen, read } = streamOf(chunks(150, 10));
  const states = [];
  for await (const state of read(155)) states.push(state);
  expect(states.map(({ from, rows }) => [from, rows])).toEqual([
    [5, 70],
    [75, 70],
    [145, 10],
  ]);
  expect(states.flatMap(({ hidden }) => [...hidden])).toEqual(Array.from({ length: 450 }, (_, index) => index));
  expect(seen).toEqual({ left: 1, chunks: 15 });
});

test('a stream that ends early, or says more than was opened, is lost and left', async () => {
  const early = streamOf(chunks(4, 2));
  await expect(early.read(11).next()).rejects.toThrow('edge-1 sent features up to position 9 of 11, then its stream');
  const more = streamOf(chunks(4, 4));
  await expect(more.read(7).next()).rejects.toThrow('edge-1 sent 9 positions, 7 were opened');
  expect([early.seen.left, more.seen.left]).toEqual([1, 1]);
});

test('a reader that stops leaves the stream', async () => {
  const { seen, read } = streamOf(chunks(150, 10));
  for await (const _ of read(155)) break;
  expect(seen.left).toBe(1);
});
