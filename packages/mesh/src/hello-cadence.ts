// SPDX-License-Identifier: Apache-2.0
//
// When a node says hello, as a pure state machine: what it knows and the time in, yes or no out.
//
// H1  Often while newcomers can learn of it by its hello alone, rarely otherwise.
// H2  A device hears newcomers of other sites through its edge alone; without one they wait for its hello, however many
//     nodes it knows.
// H3  Never twice within HELLO_PAUSE_MS, whatever asks for it.
import type { Member } from './member.ts';
import type { NodeBoot } from './own-advert.ts';

/** How often one node says hello. */
export interface HelloCadence {
  /** Whether the beat should say hello, given the nodes that it can reach. */
  isDue(reachable: readonly Pick<Member, 'tier' | 'site'>[], nowMs: number): boolean;
  /** False for a moment after a hello. */
  maySay(nowMs: number): boolean;
  /** A hello went out. */
  said(nowMs: number): void;
}

const LONELY_HELLO_MS = 2_000;
const HELLO_MS = 30_000;
const HELLO_PAUSE_MS = 250;

/** The cadence of a node that has not said anything yet. */
export function createHelloCadence(self: Pick<NodeBoot, 'tier' | 'site'>): HelloCadence {
  let saidMs = -Infinity;
  /** H2 */
  const isKnownWithoutHello = (reachable: readonly Pick<Member, 'tier' | 'site'>[]): boolean => {
    if (self.tier !== 'device') return reachable.length > 0;
    return reachable.some(({ tier, site }) => tier === 'edge' && site === self.site);
  };
  return {
    isDue: (reachable, nowMs) => nowMs - saidMs >= (isKnownWithoutHello(reachable) ? HELLO_MS : LONELY_HELLO_MS), // H1
    maySay: nowMs => nowMs - saidMs >= HELLO_PAUSE_MS, // H3
    said: nowMs => {
      saidMs = nowMs;
    },
  };
}
