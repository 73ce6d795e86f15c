// SPDX-License-Identifier: Apache-2.0
//
// How long one exchange of a session may take before its node is given up.
//
// X1  A share of the time left, so that others have some too; at most the setting, and at least `LEAST_LIMIT_MS`: the
//     deadline itself ends what takes longer.
// X2  A link that was measured to be slow is no fault: three of its round trips are waited for, as far as they take no
//     more than half of the time left.
// X3  Nothing is back sooner than after one round trip: while a verdict could come in time, it gets one and a half of
//     them. Of a link that nobody measured, its opening tells.
// X4  A link that nobody measured may be slow too: an opening that follows a failed one gets half of the time left.
import type { Clock } from '@aiflow/time';
import type { SessionOptions } from './session-options.ts';
import { withTimeLimit } from './time-limit.ts';

/** What is known of the link to a verifier, in milliseconds; what is not known is left out. */
export interface LinkDelay {
  /** As it was measured before. */
  readonly roundTripMs?: number | undefined;
  /** What the opening of the session there took. */
  readonly openedInMs?: number | undefined;
}

/** How long one exchange of a session may take: what its options allow, and at most a share of the time left. */
export interface ExchangeLimits {
  /** For an opening or a draft of the owner's engine. */
  draftMs(): number;
  /** For the `opening`-th opening of a tier, the first being 1. */
  openMs(link: LinkDelay, opening: number): number;
  /** For a verdict or a rollback. */
  verdictMs(link: LinkDelay): number;
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
const PATIENT_TRIPS = 3;
const LEAST_TRIPS = 1.5;

/** The limits of a session that has `remainingMs` left. */
export function createExchangeLimits(
  clock: Clock,
  { draftTimeoutMs = 10_000, openTimeoutMs = 2000, verdictTimeoutMs = 3000 }: SessionOptions,
  remainingMs: () => number,
): ExchangeLimits {
  const share = (limitMs: number, divisor: number): number =>
    Math.min(limitMs, Math.max(LEAST_LIMIT_MS, remainingMs() / divisor)); // X1
  const patient = (limitMs: number, roundTripMs: number): number =>
    Math.max(limitMs, Math.min(remainingMs() / 2, PATIENT_TRIPS * roundTripMs)); // X2
  const oneTrip = (roundTripMs: number): number => Math.min(remainingMs(), LEAST_TRIPS * roundTripMs); // X3
  return {
    draftMs: () => share(draftTimeoutMs, 2),
    openMs: ({ roundTripMs = 0 }, opening) => {
      const patientMs = patient(share(openTimeoutMs, opening > 1 ? 2 : 4), roundTripMs); // X4
      return roundTripMs < remainingMs() ? Math.max(patientMs, oneTrip(roundTripMs)) : patientMs;
    },
    verdictMs: ({ roundTripMs, openedInMs = 0 }) =>
      Math.max(patient(share(verdictTimeoutMs, 3), roundTripMs ?? 0), oneTrip(roundTripMs ?? openedInMs)),
    run: (limit, work) => withTimeLimit({ clock, ...limit }, work),
  };
}
