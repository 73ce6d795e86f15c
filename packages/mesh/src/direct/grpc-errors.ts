// SPDX-License-Identifier: Apache-2.0
//
// The one place where errors of gRPC become ours, and ours become its status.
import { AiflowError, type ErrorCode } from '@aiflow/protocol';
import type { ServiceError, StatusObject } from '@grpc/grpc-js';

/** By the number of the status; 0 is no error. */
const CODES: readonly (ErrorCode | undefined)[] = [
  undefined,
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
];

/** Maps what ended a call over `hop`. */
export function fromServiceError(error: Pick<ServiceError, 'code' | 'details'>, hop: string): AiflowError {
  const code = CODES[error.code] ?? 'unknown';
  return new AiflowError(code, error.details || `the call ended with status ${error.code}`, { cause: error, hop });
}

/** The status with which a call ends for `error`. */
export function toStatus(error: AiflowError): Pick<StatusObject, 'code' | 'details'> {
  return { code: CODES.indexOf(error.code), details: error.message };
}
