// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** How a link treats bytes, each way. What is left out does not limit. */
export interface LinkSettings {
  /** One-way delay; default 0. */
  readonly delayMs?: number | undefined;
  /** Up to so much more, evenly spread, drawn anew every 10 ms; default 0. Order is kept. */
  readonly jitterMs?: number | undefined;
  /** Default no limit. */
  readonly bytesPerSecond?: number | undefined;
  /** Share of packets (1400 bytes, or a smaller piece) that TCP has to send again, from 0 to below 1; default 0. */
  readonly lossRatio?: number | undefined;
  /**
   * How much later a packet comes that was lost once; each further loss waits twice as long as the one before, and what
   * follows on the same connection waits with it. Default a round trip and 200 ms, which is what Linux waits at least.
   */
  readonly retransmitMs?: number | undefined;
}

/** Settings of both directions, and what differs in one: `up` is towards the target. */
export interface TwoWayLinkSettings extends LinkSettings {
  readonly up?: LinkSettings | undefined;
  readonly down?: LinkSettings | undefined;
}

/** {@link LinkSettings} with defaults filled in. */
export type CheckedLinkSettings = { readonly [K in keyof Required<LinkSettings>]: number };

const LEAST_RETRANSMIT_MS = 200;

/** Fills in defaults. Throws `invalid-argument` naming the setting that can't be. */
export function checkLinkSettings(settings: LinkSettings): CheckedLinkSettings {
  const { delayMs = 0, jitterMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, lossRatio = 0 } = settings;
  const { retransmitMs = 2 * delayMs + LEAST_RETRANSMIT_MS } = settings;
  const isTime = (value: number): boolean => value >= 0 && Number.isFinite(value);
  const positive = 'a positive number';
  const checks: readonly (readonly [string, number, boolean, string])[] = [
    ['delayMs', delayMs, isTime(delayMs), positive],
    ['jitterMs', jitterMs, isTime(jitterMs), positive],
    ['bytesPerSecond', bytesPerSecond, bytesPerSecond > 0, positive],
    ['lossRatio', lossRatio, lossRatio >= 0 && lossRatio < 1, 'at least 0 and below 1, such as 0.01 for 1 %'],
    ['retransmitMs', retransmitMs, isTime(retransmitMs), positive],
  ];
  for (const [name, value, fits, allowed] of checks)
    if (!fits) throw new AiflowError('invalid-argument', `${name} ${value} is not allowed: it must be ${allowed}`);
  return { delayMs, jitterMs, bytesPerSecond, lossRatio, retransmitMs };
}
