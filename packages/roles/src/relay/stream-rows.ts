// SPDX-License-Identifier: Apache-2.0
//
// The rows that follow an opening, chunk by chunk (F3 and F4 of a feed).
import type { RelayState } from '@aiflow/model';
import { joinStates, type RowTerms, readChunk } from './feature-rows.ts';
import type { FeatureStream } from './feature-stream.ts';
import { streamEnded } from './relay-faults.ts';

/** Which rows are read, and how. */
export interface RowReading {
  readonly terms: RowTerms;
  /** First position, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Between two chunks. */
  readonly chunkTimeoutMs: number;
  /** Who sends them. */
  readonly node: string;
  /** Hears of each chunk that was taken. */
  readonly onChunk: () => void;
}

/** Positions that are handed on together. */
const ROWS_AT_ONCE = 64;

/**
 * Hands rows on in runs of at least ROWS_AT_ONCE positions but for the last. The stream is left when they were read, when
 * the reader stops, and where this fails: `data-loss` where it ends too early or says too much.
 */
export async function* readRows(stream: FeatureStream, reading: RowReading): AsyncGenerator<RelayState, void> {
  const { terms, from, to, chunkTimeoutMs, node, onChunk } = reading;
  let position = from;
  let held: RelayState[] = [];
  try {
    while (position < to) {
      const chunk = await stream.next(chunkTimeoutMs, `features at position ${position}`);
      if (chunk === undefined) throw streamEnded(node, `sent features up to position ${position} of ${to}`);
      const state = readChunk(chunk, terms, position);
      position += state.rows;
      onChunk();
      if (position > to) throw streamEnded(node, `sent ${position} positions, ${to} were opened`);
      held.push(state);
      const isLast = position === to;
      if (!isLast && held.reduce((sum, { rows }) => sum + rows, 0) < ROWS_AT_ONCE) continue; // F3
      yield joinStates(held);
      held = [];
    }
  } finally {
    stream.leave(); // F4
  }
}
