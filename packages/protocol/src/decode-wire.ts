// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from './aiflow-error.ts';
import { checkGeneration } from './generation.ts';

/** Runs a generated decoder; whatever it throws becomes `invalid-argument` naming `what` and the size. */
export function decodeWire<T>(what: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'malformed';
    throw new AiflowError('invalid-argument', `${what} of ${bytes.byteLength} bytes can't be decoded: ${reason}`, {
      cause,
    });
  }
}

/**
 * {@link decodeWire} for messages whose field 1 is the wire generation. What can't be decoded because a newer build
 * wrote it is refused for that reason, with `failed-precondition`, instead of as malformed.
 */
export function decodeVersionedWire<T>(what: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decodeWire(what, bytes, decode);
  } catch (error) {
    const generation = peekGeneration(bytes);
    if (generation !== undefined) checkGeneration(generation, `the sender of the ${what}`);
    throw error;
  }
}

const GENERATION_TAG = 8;

/** Every build writes the generation first, and it will stay below 128 for a long time: one tag byte, one value byte. */
function peekGeneration(bytes: Uint8Array): number | undefined {
  const [tag, value = 128] = bytes;
  return tag === GENERATION_TAG && value < 128 ? value : undefined;
}
