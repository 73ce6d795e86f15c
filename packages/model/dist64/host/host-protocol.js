// SPDX-License-Identifier: Apache-2.0
//
// What a node and its model host say to each other over the child process channel (advanced serialization, so typed
// arrays and maps cross as they are). Coarse on purpose: one message asks for a draft or a verified block, never for a
// step.
import { AiflowError, isErrorCode } from '@aiflow/protocol';
/** The part of an error that crosses. */
export function toHostFailure(error) {
  const { code, message, details, retryAfterMs } = AiflowError.from(error, 'internal');
  return { code, message, details, retryAfterMs };
}
/** The error that crossed. */
export function fromHostFailure({ code, message, details, retryAfterMs }) {
  const options = retryAfterMs === undefined ? { details } : { details, retryAfterMs };
  return new AiflowError(isErrorCode(code) ? code : 'unknown', message, options);
}
//# sourceMappingURL=host-protocol.js.map
