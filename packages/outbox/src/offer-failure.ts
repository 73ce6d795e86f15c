// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type ErrorCode } from '@aiflow/protocol';

/** Whose fault it was that an offer brought no receipt, and so who waits. */
export interface OfferFailure {
  readonly error: AiflowError;
  /** `silent`: no word from the node. `later`: it said when to come again. `item`: it is there, this item fails. */
  readonly kind: 'silent' | 'later' | 'item';
  readonly retryAfterMs: number;
}

/** That the node, or the way to it, is not there. */
const SILENCE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unavailable',
  'deadline-exceeded',
  'cancelled',
  'not-found',
  'unimplemented',
  'unauthenticated',
]);

/** Reads an error of an offer. Without a time to come again, `resource-exhausted` is the item's own: it is too large. */
export function readOfferFailure(cause: unknown): OfferFailure {
  const error = AiflowError.from(cause);
  const retryAfterMs = error.retryAfterMs ?? 0;
  if (error.code === 'resource-exhausted' && retryAfterMs > 0) return { error, kind: 'later', retryAfterMs };
  return { error, kind: SILENCE.has(error.code) ? 'silent' : 'item', retryAfterMs };
}
