// SPDX-License-Identifier: Apache-2.0
import type { LinkFacts } from '@aiflow/placement';
import { type Clock, sleep } from '@aiflow/time';
import type { Carry, DeskLink } from './desk-verifier.ts';

/** A link on virtual time: each direction sends one message after the other at its rate, then half a round trip passes. */
export function createSimulatedLink(clock: Clock, { rttMs, bytesPerSecond }: LinkFacts): Required<DeskLink> {
  const direction = (): Carry => {
    let freeMs = 0;
    return (signal, bytes) => {
      const sendMs = bytesPerSecond === undefined ? 0 : (bytes * 1000) / bytesPerSecond;
      freeMs = Math.max(freeMs, clock.nowMs()) + sendMs;
      return sleep(clock, freeMs - clock.nowMs() + rttMs / 2, signal);
    };
  };
  return { there: direction(), back: direction() };
}
