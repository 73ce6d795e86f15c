// SPDX-License-Identifier: Apache-2.0

/** Whether this machine keeps numbers as they travel; then bytes are viewed or copied as they are. */
export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Turns the bytes of each `size`-byte number of `bytes` around, in place. */
export function swapBytes(bytes: Uint8Array, size: 2 | 4): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) view.swap16();
  else view.swap32();
  return bytes;
}
