// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { IS_LITTLE_ENDIAN, swapBytes } from './byte-order.ts';
import type { EncodedRows } from './encoded-rows.ts';

/** CRC-32 (the one of zlib) over the scales and then the payload, 32 bits. */
export function checksumOf({ payload, scales }: EncodedRows): number {
  const scaleBytes = new Uint8Array(scales.buffer, scales.byteOffset, scales.byteLength);
  return crc32(payload, crc32(IS_LITTLE_ENDIAN ? scaleBytes : swapBytes(scaleBytes.slice(), 4)));
}
