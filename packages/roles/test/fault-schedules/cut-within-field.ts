// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;

/**
 * The first bytes of a protobuf message, the last field not whole. A message cut between two fields is a message too,
 * one that says less: no receiver can tell it from what a peer might have meant.
 */
export function cutWithinField(bytes: Uint8Array, random: Random): Uint8Array {
  const ends = fieldEnds(bytes);
  const lengths = Array.from({ length: bytes.byteLength }, (_, length) => length).filter(length => !ends.has(length));
  return bytes.slice(0, lengths[random.below(lengths.length)]);
}

function fieldEnds(bytes: Uint8Array): ReadonlySet<number> {
  const ends = new Set([0]);
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
    const kind = varint() & 7;
    if (kind === VARINT) varint();
    else if (kind === DELIMITED) {
      const length = varint(); // moves `at` first
      at += length;
    } else at += kind === FIXED_64 ? 8 : 4;
    ends.add(at);
  }
  return ends;
}
