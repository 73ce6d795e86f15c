// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const PAYLOAD_TAG = (13 << 3) | DELIMITED; // of envelope.proto

/** An encoded envelope that is whole but for its payload, of which only the first bytes are left, cut anywhere. */
export function cutPayload(envelope: Uint8Array, random: Random): Uint8Array {
  const found = fieldsOf(envelope).find(({ tag }) => tag === PAYLOAD_TAG);
  if (found === undefined) return envelope;
  const { startsAt, contentAt, endsAt } = found;
  const kept = envelope.subarray(contentAt, contentAt + random.below(endsAt - contentAt));
  const field = [PAYLOAD_TAG, ...varintOf(kept.byteLength), ...kept];
  return Uint8Array.from([...envelope.subarray(0, startsAt), ...field, ...envelope.subarray(endsAt)]);
}

interface Field {
  readonly tag: number;
  readonly startsAt: number;
  readonly contentAt: number;
  readonly endsAt: number;
}

function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.byteLength) {
    const startsAt = at;
    const tag = varint();
    const kind = tag & 7;
    const length = kind === DELIMITED ? varint() : kind === FIXED_64 ? 8 : 4;
    const contentAt = at;
    if (kind === VARINT) varint();
    else at += length;
    fields.push({ tag, startsAt, contentAt, endsAt: at });
  }
  return fields;
}

function varintOf(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varintOf(Math.floor(value / 0x80))];
}
