// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** An emulated link as a fleet's file has it. */
export interface EmulatedLink {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

const RATE = /^(\d+(?:\.\d+)?)(k|m|g)(?:bit)?(?:\/s)?$/i;
const ROUND_TRIP = /^(\d+(?:\.\d+)?)(?:ms)?$/i;
const BITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };

/** Reads `RATE,RTT` such as `10mbit,20ms`. @throws AiflowError `invalid-argument` with an example. */
export function parseLink(text: string): EmulatedLink {
  const [rate = '', roundTrip = '', ...rest] = text.split(',').map(part => part.trim());
  const [, amount, unit] = RATE.exec(rate) ?? [];
  const [, ms] = ROUND_TRIP.exec(roundTrip) ?? [];
  const bits = Number(amount) * (BITS[unit?.toLowerCase() ?? ''] ?? Number.NaN);
  if (rest.length === 0 && bits >= 8 && ms !== undefined && Number(ms) <= 60_000) {
    return { delayMs: Number(ms) / 2, bytesPerSecond: bits / 8 };
  }
  throw new AiflowError(
    'invalid-argument',
    `link '${text}' is not understood: give rate and round trip, such as 10mbit,20ms or 512kbit,100ms`,
  );
}
