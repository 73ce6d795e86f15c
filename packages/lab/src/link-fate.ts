// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';

/**
 * What chance does to one direction of a link, as a function of its seed and of the time since its beginning: two runs with
 * one seed meet the same jitter and the same losses at the same times, whatever they send.
 */
export interface LinkFate {
  /** Time counts from there on. */
  rewind(beginMs: number): void;
  /** Uniform in [0, 1): how much of the jitter applies to what leaves then. Constant for 10 ms. */
  jitterAt(leavesMs: number): number;
  /** How often the unluckiest of so many packets that leave then is lost before it gets through; at most 6 times. */
  lossesAt(leavesMs: number, packets: number, lossRatio: number): number;
}

const SLOT_MS = 10;
/** A TCP sender doubles its wait each time: after six losses it has waited 63 times the first. */
const MOST_LOSSES = 6;

/** Draws from `random` by time: its own sequence is not used. */
export function createLinkFate(random: Random, beginMs: number): LinkFate {
  let begunMs = beginMs;
  let lossSlot = Number.NaN;
  let packetsInSlot = 0;
  const slotOf = (leavesMs: number): number => Math.floor((leavesMs - begunMs) / SLOT_MS);
  const lossesOfNext = (lossRatio: number): number => {
    const fate = random.fork(`loss ${lossSlot} ${packetsInSlot++}`);
    let losses = 0;
    while (losses < MOST_LOSSES && fate.next() < lossRatio) losses++;
    return losses;
  };
  return {
    rewind: atMs => {
      begunMs = atMs;
      lossSlot = Number.NaN;
    },
    jitterAt: leavesMs => random.fork(`jitter ${slotOf(leavesMs)}`).next(),
    lossesAt: (leavesMs, packets, lossRatio) => {
      if (lossRatio === 0) return 0;
      const slot = slotOf(leavesMs);
      if (slot !== lossSlot) [lossSlot, packetsInSlot] = [slot, 0];
      return Math.max(0, ...Array.from({ length: packets }, () => lossesOfNext(lossRatio)));
    },
  };
}
