// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
/**
 * What two engines must share to work on one session, as 16 hex digits: family, dimensions, tokenizer with its special
 * tokens, and arithmetic. It leaves out which segments are loaded: those are named by feature spaces and exits.
 */
export function tensorContract(manifest, format) {
  const { family, dimensions, tokenizer } = manifest;
  const { question, answer, end, pad } = tokenizer.specials;
  const sizes = Object.entries(dimensions).sort(([left], [right]) => (left < right ? -1 : 1));
  const parts = [1, family, sizes, tokenizer.sha256, [question, answer, end, pad], format];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
//# sourceMappingURL=tensor-contract.js.map
