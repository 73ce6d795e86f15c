// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type PayloadEncoding, type PayloadType, parseJsonBytes } from '@aiflow/protocol';

const encoder = new TextEncoder();

/** The bytes of `value` in the form asked for. Throws `invalid-argument` when the payload type can't encode it. */
export function encodePayload(type: PayloadType<unknown>, value: unknown, encoding: PayloadEncoding): Uint8Array {
  try {
    return encoding === 'json' ? encoder.encode(JSON.stringify(type.toJson(value)) ?? 'null') : type.encode(value);
  } catch (cause) {
    throw refused(type, "can't be encoded", cause);
  }
}

/** The inverse of {@link encodePayload}. Throws `invalid-argument` for whatever the payload type refuses. */
export function decodePayload(type: PayloadType<unknown>, bytes: Uint8Array, encoding: PayloadEncoding): unknown {
  try {
    return encoding === 'json' ? type.fromJson(parseJsonBytes(type.name, bytes)) : type.decode(bytes);
  } catch (cause) {
    throw refused(type, `of ${bytes.byteLength} bytes can't be decoded`, cause);
  }
}

/** As {@link decodePayload} for JSON that was parsed already. */
export function acceptPayload(type: PayloadType<unknown>, json: unknown): unknown {
  try {
    return type.fromJson(json);
  } catch (cause) {
    throw refused(type, 'was refused', cause);
  }
}

/** Carries a value from one side's payload type to the other's; the same type passes it on as it is. */
export function convertPayload(from: PayloadType<unknown>, to: PayloadType<unknown>, value: unknown): unknown {
  return from === to ? value : decodePayload(to, encodePayload(from, value, 'native'), 'native');
}

function refused(type: PayloadType<unknown>, what: string, cause: unknown): AiflowError {
  if (AiflowError.is(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AiflowError('invalid-argument', `payload ${type.name} ${what}: ${reason}`, { cause });
}
