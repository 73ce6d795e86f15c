// SPDX-License-Identifier: Apache-2.0

/** The closed set of failure codes: the 16 of gRPC (without OK), as kebab-case strings. */
export const ERROR_CODES = [
  'cancelled',
  'unknown',
  'invalid-argument',
  'deadline-exceeded',
  'not-found',
  'already-exists',
  'permission-denied',
  'resource-exhausted',
  'failed-precondition',
  'aborted',
  'out-of-range',
  'unimplemented',
  'internal',
  'unavailable',
  'data-loss',
  'unauthenticated',
] as const;

/** One of {@link ERROR_CODES}. It says what the caller can do, not what went wrong inside. */
export type ErrorCode = (typeof ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['unavailable', 'resource-exhausted', 'aborted']);

/** True when the same call may succeed later without being changed. The one table that decides it. */
export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

/** Narrows a string that came from outside, such as a failure's code on the wire. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}
