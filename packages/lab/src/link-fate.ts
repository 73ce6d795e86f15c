// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';
import type { CheckedLinkSettings } from './link-settings.ts';

/**
 * What chance does to one direction of a link, as a function of its seed and of the time since its beginning: two runs with
 * one seed meet the same jitter and the same losses at the same times, whatever they send.
 */
export interface LinkFate {
  /** Time counts from there on. */
  rewind(beginMs: number): void;
  /** Delay and jitter of what leaves then; the jitter is constant for 10 ms. */
  travelMs(leavesMs: number, settings: CheckedLinkSettings): number;
  /** How much later so many bytes that leave then come, because the unluckiest packet of them is lost, at most 6 times. */
  resendingMs(leavesMs: number, bytes: number, settings: CheckedLinkSettings): number;
}

/** Of a full packet; what is smaller counts as one. */
export const PACKET_BYTES = 1400;

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
    travelMs: (leavesMs, { delayMs, jitterMs }) => {
      if (jitterMs === 0) return delayMs;
      return delayMs + jitterMs * random.fork(`jitter ${slotOf(leavesMs)}`).next();
    },
    resendingMs: (leavesMs, bytes, { lossRatio, retransmitMs }) => {
      if (lossRatio === 0) return 0;
      const slot = slotOf(leavesMs);
      if (slot !== lossSlot) [lossSlot, packetsInSlot] = [slot, 0];
      const packets = Math.ceil(bytes / PACKET_BYTES);
      const losses = Math.max(0, ...Array.from({ length: packets }, () => lossesOfNext(lossRatio)));
      return retransmitMs * (2 ** losses - 1);
    },
  };
}
