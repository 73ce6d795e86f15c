// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { EncodedRows, RowShape } from './encoded-rows.ts';

/** The most elements that are encoded or decoded in one go: 64 MiB of fp32. */
export const MAX_ROW_ELEMENTS = 16_777_216;

/** @throws AiflowError unless `shape` is whole numbers whose product is 1 to {@link MAX_ROW_ELEMENTS}. */
export function checkShape(format: string, { rows, width }: RowShape): void {
  const isWhole = Number.isInteger(rows) && Number.isInteger(width) && rows > 0 && width > 0;
  if (isWhole && rows * width <= MAX_ROW_ELEMENTS) return;
  throw new AiflowError(
    'invalid-argument',
    `${format} rows: shape [${rows}, ${width}] is not allowed: both are whole and their product is 1 to ${MAX_ROW_ELEMENTS}`,
  );
}

/** @throws AiflowError unless there is one value for each place of `shape`. */
export function checkElements(format: string, values: Float32Array, { rows, width }: RowShape): void {
  if (values.length === rows * width) return;
  throw wrongSize(format, `${values.length} values`, `${rows * width} for shape [${rows}, ${width}]`);
}

/** @throws AiflowError unless payload and scales have the sizes that `shape` asks for. */
export function checkPayload(
  format: string,
  { payload, scales }: EncodedRows,
  wanted: { readonly shape: RowShape; readonly elementBytes: number; readonly hasScales: boolean },
): void {
  const { rows, width } = wanted.shape;
  const bytes = rows * width * wanted.elementBytes;
  if (payload.byteLength !== bytes) {
    throw wrongSize(format, `a payload of ${payload.byteLength} bytes`, `${bytes} for shape [${rows}, ${width}]`);
  }
  const expected = wanted.hasScales ? rows : 0;
  if (scales.length !== expected) throw wrongSize(format, `${scales.length} scales`, `${expected} for ${rows} rows`);
}

/** Names the first value that is not finite; for callers that saw that there is one. */
export function notFinite(format: string, values: ArrayLike<number>, { rows, width }: RowShape): AiflowError {
  const index = Array.prototype.findIndex.call(values, value => !Number.isFinite(value));
  const at = `row ${Math.floor(index / width)}, column ${index % width}`;
  return new AiflowError(
    'invalid-argument',
    `${format} rows: the value at ${at} of shape [${rows}, ${width}] is ${values[index]}: hidden states are finite`,
    { details: { row: String(Math.floor(index / width)), column: String(index % width) } },
  );
}

/** Names the first value at or beyond `limit`, or not finite; for callers that saw that there is one. */
export function beyondFormat(
  format: string,
  values: Float32Array,
  { shape, limit }: { readonly shape: RowShape; readonly limit: number },
): AiflowError {
  if (!values.every(Number.isFinite)) return notFinite(format, values, shape);
  const index = values.findIndex(value => Math.abs(value) >= limit);
  const at = `row ${Math.floor(index / shape.width)}, column ${index % shape.width}`;
  return new AiflowError(
    'out-of-range',
    `${format} rows: the value at ${at} is ${values[index]}, ${format} holds magnitudes below ${limit}: send these rows as fp32`,
  );
}

function wrongSize(format: string, found: string, expected: string): AiflowError {
  return new AiflowError('invalid-argument', `${format} rows: ${found}, expected ${expected}`);
}
