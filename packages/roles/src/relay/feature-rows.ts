// SPDX-License-Identifier: Apache-2.0
//
// Relayed state as chunks and back. A position's rows are its hidden state and, with the cache, keys and values of each
// layer below; a chunk holds all rows of adjoining positions, plane by plane: hidden states first.
//
// W1  Chunks follow each other without a gap or an overlap, whatever the chunk size; one position is never split.
// W2  A chunk is taken whole or not at all: epoch, position, size, checksum and numbers are checked first.
// W3  How many rows are canonical passes through as the engine says it, for rounded rows too: rounding is part of a
//     session that two formats share.
import { checksumOf, type RowCodec } from '@aiflow/codec';
import type { RelayState } from '@aiflow/model';
import { AiflowError, type FeatureChunk, MAX_FEATURE_CHUNK_BYTES } from '@aiflow/protocol';

/** What is constant for the rows of a stream. */
export interface RowTerms {
  readonly codec: RowCodec;
  readonly layer: number;
  readonly width: number;
  readonly includesCache: boolean;
  readonly epoch: number;
}

const MAX_ROWS = 65_536;

/** Rows that one position takes. */
function planesOf({ includesCache, layer }: RowTerms): number {
  return includesCache ? 1 + 2 * layer : 1;
}

/** Bytes that one position takes, scales included. */
export function bytesPerPosition(terms: RowTerms): number {
  return planesOf(terms) * terms.codec.bytesPerRow(terms.width);
}

/** Cuts state into chunks of at most `chunkBytes`, but at least one position each. */
export function* chunksOf(state: RelayState, terms: RowTerms, chunkBytes: number): Generator<FeatureChunk, void> {
  const planes = planesOf(terms);
  const fitting = Math.min(chunkBytes, MAX_FEATURE_CHUNK_BYTES) / bytesPerPosition(terms);
  const positions = Math.max(1, Math.floor(Math.min(fitting, MAX_ROWS / planes)));
  for (let start = 0; start < state.rows; start += positions) {
    const count = Math.min(positions, state.rows - start);
    const encoded = terms.codec.encode(gather(state, terms, { start, count }), {
      rows: count * planes,
      width: terms.width,
    });
    yield {
      position: state.from + start,
      epoch: terms.epoch,
      checksum: checksumOf(encoded),
      ...encoded,
      canonical: clamp(state.canonicalRows - start, count), // W3
    };
  }
}

/**
 * The inverse for one chunk, which must begin at `position`.
 *
 * @throws AiflowError `failed-precondition` for another epoch, `invalid-argument` for a gap, a wrong size or a value
 * that is not finite, `data-loss` for a checksum that does not match; both values are named.
 */
export function readChunk(chunk: FeatureChunk, terms: RowTerms, position: number): RelayState {
  const { codec, layer, width, includesCache } = terms;
  checkPlace(chunk, terms, position);
  const planes = planesOf(terms);
  const rows = countRows(chunk, terms);
  const encoded = { payload: chunk.payload, scales: Float32Array.from(chunk.scales) };
  const checksum = checksumOf(encoded);
  if (checksum !== chunk.checksum) {
    throw refusal('data-loss', `has checksum ${hex(checksum)}, ${hex(chunk.checksum)} was sent`, position);
  }
  const values = codec.decode(encoded, { rows: rows * planes, width });
  const hidden = values.subarray(0, rows * width);
  const canonicalRows = clamp(chunk.canonical, rows);
  const state: RelayState = { layer, from: position, rows, canonicalRows, hidden };
  return includesCache ? { ...state, cache: values.subarray(rows * width) } : state;
}

/** One state of adjoining ones, in order; there is at least one. */
export function joinStates(states: readonly RelayState[]): RelayState {
  const [first] = states;
  if (first === undefined) throw new AiflowError('internal', 'no states to join');
  if (states.length === 1) return first;
  const rows = states.reduce((sum, state) => sum + state.rows, 0);
  const whole = states.findIndex(state => state.canonicalRows < state.rows);
  const leading = whole < 0 ? states : states.slice(0, whole + 1);
  const canonicalRows = leading.reduce((sum, state) => sum + state.canonicalRows, 0);
  const hidden = joinPlanes(states, { planes: 1, of: state => state.hidden });
  const { layer, from } = first;
  const joined: RelayState = { layer, from, rows, canonicalRows, hidden };
  if (first.cache === undefined) return joined;
  return { ...joined, cache: joinPlanes(states, { planes: 2 * layer, of: ({ cache = NOTHING }) => cache }) };
}

const NOTHING = new Float32Array(0);

function joinPlanes(
  states: readonly RelayState[],
  { planes, of }: { readonly planes: number; readonly of: (state: RelayState) => Float32Array },
): Float32Array {
  const joined = new Float32Array(states.reduce((sum, state) => sum + of(state).length, 0));
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const state of states) {
      const size = of(state).length / planes;
      joined.set(of(state).subarray(plane * size, (plane + 1) * size), at);
      at += size;
    }
  }
  return joined;
}

function checkPlace({ epoch, position }: FeatureChunk, terms: RowTerms, expected: number): void {
  if (epoch !== terms.epoch) {
    throw refusal('failed-precondition', `is of epoch ${epoch}, this session is at epoch ${terms.epoch}`, position);
  }
  if (position === expected) return;
  throw refusal('invalid-argument', `leaves a gap: position ${expected} is the next that is lacking`, position);
}

function countRows({ payload, position }: FeatureChunk, terms: RowTerms): number {
  const bytes = planesOf(terms) * terms.codec.payloadBytesPerRow(terms.width);
  const rows = payload.byteLength / bytes;
  if (Number.isInteger(rows) && rows > 0) return rows;
  throw refusal(
    'invalid-argument',
    `has ${payload.byteLength} bytes: a position of layer ${terms.layer} in ${terms.codec.format} takes ${bytes}`,
    position,
  );
}

/** [planes, count, width], the hidden plane first; a view where that is how it lies already. */
function gather(
  { hidden, cache, rows }: RelayState,
  terms: RowTerms,
  { start, count }: { readonly start: number; readonly count: number },
): Float32Array {
  const { width } = terms;
  const span = (plane: Float32Array): Float32Array => plane.subarray(start * width, (start + count) * width);
  if (!terms.includesCache) return span(hidden);
  if (cache === undefined) throw new AiflowError('internal', 'the engine gave no cache though it was asked for');
  const planes = planesOf(terms);
  const gathered = new Float32Array(planes * count * width);
  gathered.set(span(hidden));
  for (let plane = 1; plane < planes; plane++) {
    gathered.set(span(cache.subarray((plane - 1) * rows * width, plane * rows * width)), plane * count * width);
  }
  return gathered;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

function refusal(
  code: 'failed-precondition' | 'invalid-argument' | 'data-loss',
  what: string,
  position: number,
): AiflowError {
  return new AiflowError(code, `features at position ${position}: the chunk ${what}`, {
    details: { position: String(position) },
  });
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
