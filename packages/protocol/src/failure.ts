// SPDX-License-Identifier: Apache-2.0
//
// An error as it crosses a node boundary (proto/aiflow/v1/failure.proto).
//
// F1  Neither stack nor cause ever leaves the node.
// F2  An encoded failure is bounded: a long message or a big `details` is cut, never refused, so an error always fits.
// F3  `decodeFailure` is total: bytes that are no failure become an error that says so.
import { aiflow } from '#gen';
import { AiflowError, type AiflowErrorOptions } from './aiflow-error.ts';
import { decodeWire } from './decode-wire.ts';
import { encodeWire } from './encode-wire.ts';
import { isErrorCode } from './error-code.ts';

const MAX_MESSAGE_LENGTH = 2048;
const MAX_PLACE_LENGTH = 256;
const MAX_DETAILS = 32;
const MAX_DETAIL_LENGTH = 512;
const MAX_RETRY_AFTER_MS = 0xffff_ffff;

/** The wire form of an error: at most 40 KiB of ASCII, 110 KiB of other text (F2). A retry-after is rounded up to whole milliseconds, at least 1. */
export function encodeFailure(error: AiflowError): Uint8Array {
  return encodeWire(aiflow.v1.Failure, {
    code: error.code,
    message: cut(error.message, MAX_MESSAGE_LENGTH),
    node: cut(error.node ?? '', MAX_PLACE_LENGTH),
    hop: cut(error.hop ?? '', MAX_PLACE_LENGTH),
    details: boundedDetails(error.details),
    retryAfterMs: wireRetryAfter(error.retryAfterMs),
  });
}

/**
 * The inverse of {@link encodeFailure}; never throws. A code this build does not know becomes `unknown` with the
 * code kept in `details.code`; bytes that are no failure become `data-loss`.
 */
export function decodeFailure(bytes: Uint8Array): AiflowError {
  try {
    return fromWire(decodeWire('failure', bytes, input => aiflow.v1.Failure.decode(input)));
  } catch (cause) {
    const { message } = AiflowError.from(cause);
    return new AiflowError('data-loss', `the peer failed and its reason was lost: ${message}`, { cause });
  }
}

function fromWire(wire: aiflow.v1.Failure): AiflowError {
  const details = boundedDetails(wire.details);
  const options: AiflowErrorOptions = {
    details: isErrorCode(wire.code) ? details : { ...details, code: cut(wire.code, MAX_DETAIL_LENGTH) },
    ...(wire.node === '' ? {} : { node: cut(wire.node, MAX_PLACE_LENGTH) }),
    ...(wire.hop === '' ? {} : { hop: cut(wire.hop, MAX_PLACE_LENGTH) }),
    ...(wire.retryAfterMs === 0 ? {} : { retryAfterMs: wire.retryAfterMs }),
  };
  const message = cut(wire.message, MAX_MESSAGE_LENGTH) || 'the peer gave no reason';
  return new AiflowError(isErrorCode(wire.code) ? wire.code : 'unknown', message, options);
}

function boundedDetails(details: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(details).slice(0, MAX_DETAILS);
  return Object.fromEntries(
    entries.map(([key, value]) => [cut(key, MAX_DETAIL_LENGTH), cut(String(value), MAX_DETAIL_LENGTH)]),
  );
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

/** 0 stands for "no advice" on the wire, so advice to retry at once is sent as 1 ms. */
function wireRetryAfter(retryAfterMs: number | undefined): number {
  if (retryAfterMs === undefined || Number.isNaN(retryAfterMs)) return 0;
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(1, Math.ceil(retryAfterMs)));
}
