// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from './aiflow-error.ts';

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
