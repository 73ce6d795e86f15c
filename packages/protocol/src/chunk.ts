// SPDX-License-Identifier: Apache-2.0
//
// A message larger than a transport takes travels as chunks (proto/aiflow/v1/envelope.proto).
//
// C1  Chunks are of one size but for the last: ceil(totalBytes / count). So every chunk can be judged by itself.
// C2  An empty message is one empty chunk.
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { decodeVersionedWire } from './decode-wire.ts';
import { encodeWire } from './encode-wire.ts';
import { MAX_UINT32, readFields } from './fields.ts';
import { checkGeneration, WIRE_GENERATION } from './generation.ts';

/** One piece of a message. */
export interface Chunk {
  /** The same for all chunks of one message. */
  readonly messageId: string;
  readonly index: number;
  readonly count: number;
  /** Size of the whole message. */
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}

/** Cuts a message into chunks of at most `maxChunkBytes` of payload each. The chunks are views of `message`. */
export function splitIntoChunks(message: Uint8Array, messageId: string, maxChunkBytes: number): readonly Chunk[] {
  const totalBytes = message.byteLength;
  if (!(Number.isInteger(maxChunkBytes) && maxChunkBytes > 0) || totalBytes > MAX_UINT32) {
    throw new AiflowError(
      'invalid-argument',
      `message of ${totalBytes} bytes can't be cut into chunks of ${maxChunkBytes}: give at least 1 byte a chunk and at most ${MAX_UINT32} in all`,
    );
  }
  const count = Math.max(1, Math.ceil(totalBytes / maxChunkBytes));
  const size = chunkBytes(totalBytes, count);
  return Array.from({ length: count }, (_, index) => ({
    messageId,
    index,
    count,
    totalBytes,
    bytes: message.subarray(index * size, (index + 1) * size),
  }));
}

/** The size of every chunk but the last (C1): chunk `index` begins at `index` times it. */
export function chunkBytes(totalBytes: number, count: number): number {
  return Math.ceil(totalBytes / count);
}

/** The wire form of a chunk, at this build's generation. */
export function encodeChunk(chunk: Chunk): Uint8Array {
  return encodeWire(aiflow.v1.Chunk, { generation: WIRE_GENERATION, ...chunk });
}

/** The inverse of {@link encodeChunk}; `bytes` is a view. Throws `invalid-argument` or, for another generation, `failed-precondition`. */
export function decodeChunk(bytes: Uint8Array): Chunk {
  const wire = decodeVersionedWire('chunk', bytes, input => aiflow.v1.Chunk.decode(input));
  checkGeneration(wire.generation, 'the sender of a chunk');
  const fields = readFields('chunk', wire);
  const chunk: Chunk = {
    messageId: fields.label('messageId'),
    index: fields.uint('index'),
    count: fields.uint('count'),
    totalBytes: fields.uint('totalBytes'),
    bytes: wire.bytes,
  };
  checkGeometry(chunk);
  return chunk;
}

/** C1 and C2. */
function checkGeometry({ messageId, index, count, totalBytes, bytes }: Chunk): void {
  const size = count > 0 ? chunkBytes(totalBytes, count) : 0;
  const possible = totalBytes === 0 ? count === 1 : count > 0 && (count - 1) * size < totalBytes;
  const expected = Math.min(size, totalBytes - index * size);
  if (possible && index < count && bytes.byteLength === expected) return;
  throw new AiflowError(
    'invalid-argument',
    `chunk ${index} of ${count} of message ${messageId} has ${bytes.byteLength} bytes, which does not fit a message of ${totalBytes}`,
  );
}
