// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { SessionOptions } from './session-options.ts';
import { withTimeLimit } from './time-limit.ts';

/** How long one exchange of a session may take: what its options allow, and at most a share of the time left. */
export interface ExchangeLimits {
  /** For an opening or a draft of the owner's engine. */
  draftMs(): number;
  /** For the opening of a verifier. */
  openMs(): number;
  /** For a verdict or a rollback. */
  verdictMs(): number;
  /** Runs `work` with a limit; see {@link withTimeLimit}. */
  run<T>(limit: ExchangeLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** One exchange: its name in the error, its limit, and the signal that ends it sooner. */
export interface ExchangeLimit {
  readonly what: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Shares of the time left are not cut below this: the deadline itself ends what takes longer. */
const LEAST_LIMIT_MS = 750;

/** The limits of a session that has `remainingMs` left. */
export function createExchangeLimits(
  clock: Clock,
  { draftTimeoutMs = 10_000, openTimeoutMs = 2000, verdictTimeoutMs = 3000 }: SessionOptions,
  remainingMs: () => number,
): ExchangeLimits {
  const share = (limitMs: number, divisor: number): number =>
    Math.min(limitMs, Math.max(LEAST_LIMIT_MS, remainingMs() / divisor));
  return {
    draftMs: () => share(draftTimeoutMs, 2),
    openMs: () => share(openTimeoutMs, 4),
    verdictMs: () => share(verdictTimeoutMs, 3),
    run: (limit, work) => withTimeLimit({ clock, ...limit }, work),
  };
}
