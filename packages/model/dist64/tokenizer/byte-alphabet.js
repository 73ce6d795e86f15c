// SPDX-License-Identifier: Apache-2.0
/**
 * The printable stand-in that byte-level BPE vocabularies use for each byte (GPT-2's table), turned round: character to
 * byte. Printable bytes stand for themselves, the others for the code points from 256 on.
 */
export const BYTE_OF_CHARACTER = makeTable();
function makeTable() {
  const isPlain = byte => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  const table = new Map();
  let others = 0;
  for (let byte = 0; byte < 256; byte++) {
    table.set(String.fromCodePoint(isPlain(byte) ? byte : 256 + others++), byte);
  }
  return table;
}
//# sourceMappingURL=byte-alphabet.js.map
