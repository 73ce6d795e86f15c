// SPDX-License-Identifier: Apache-2.0
import { type AskRequest, DEFAULT_DEADLINE_MS } from '../ask-request.ts';
import type { RequestRecord } from './request-record.ts';

/** When an answer is due and when the last word on it, in milliseconds from now. */
export interface RequestTimes {
  readonly dueMs: number;
  readonly endMs: number;
}

/** What an asker who stays for `allowedMs` waits; a part of that is kept for the way back. */
export function askedTimes(
  { deadlineMs = DEFAULT_DEADLINE_MS, revisionsUntilMs = 0 }: AskRequest,
  allowedMs: number,
): RequestTimes {
  const mostMs = allowedMs - Math.min(200, allowedMs * 0.05);
  const dueMs = Math.min(deadlineMs, mostMs);
  return { dueMs, endMs: Math.max(dueMs, Math.min(revisionsUntilMs, mostMs)) };
}

/** What is left of it after a restart; its whole time again where that is under a quarter: it may be late, but not nothing. */
export function timesLeft(
  { dueMs, acceptedMs, request }: Pick<RequestRecord, 'dueMs' | 'acceptedMs' | 'request'>,
  { wallMs, maxMs }: { readonly wallMs: number; readonly maxMs: number },
): RequestTimes {
  const { deadlineMs = DEFAULT_DEADLINE_MS } = request;
  const wholeMs = Math.min(maxMs, Math.max(dueMs - acceptedMs, deadlineMs));
  const leftMs = Math.min(wholeMs, dueMs - wallMs);
  const time = leftMs >= wholeMs / 4 ? leftMs : wholeMs;
  return { dueMs: time, endMs: time };
}
