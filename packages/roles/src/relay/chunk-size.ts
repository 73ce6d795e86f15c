// SPDX-License-Identifier: Apache-2.0

/** Time of the link that one chunk may take. */
const CHUNK_SECONDS = 0.05;
const SMALL_CHUNK_BYTES = 64 * 1024;
const LARGE_CHUNK_BYTES = 256 * 1024;
/** 20 Mbit/s. */
const FAST_BYTES_PER_SECOND = 2_500_000;

/**
 * Bytes of features that one message may carry, so that nothing urgent waits long behind it: 50 ms of the link, at most
 * 64 KiB below 20 Mbit/s or where the rate is not known, 256 KiB above.
 */
export function chunkBytesFor(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined || !(bytesPerSecond > 0)) return SMALL_CHUNK_BYTES;
  const limit = bytesPerSecond < FAST_BYTES_PER_SECOND ? SMALL_CHUNK_BYTES : LARGE_CHUNK_BYTES;
  return Math.min(limit, Math.max(1, Math.floor(bytesPerSecond * CHUNK_SECONDS)));
}
