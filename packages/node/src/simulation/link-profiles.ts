// SPDX-License-Identifier: Apache-2.0
import type { LinkOutage } from '@aiflow/lab';

/** Figures of a link between a node and the hub; `up` is away from the node. What is left out does not limit. */
export interface LinkFigures {
  /** One way. */
  readonly delayMs?: number | undefined;
  readonly jitterMs?: number | undefined;
  readonly upBitsPerSecond?: number | undefined;
  readonly downBitsPerSecond?: number | undefined;
  /** Share of packets that have to be sent again. */
  readonly lossRatio?: number | undefined;
  /** How much later a packet comes that was lost once. Default a round trip and 200 ms. */
  readonly retransmitMs?: number | undefined;
  readonly outages?: readonly LinkOutage[] | undefined;
}

/** A link that has a name. */
export interface LinkProfile extends LinkFigures {
  readonly standsFor: string;
}

const MEGABIT = 1_000_000;

/** The links that come with aiflow. docs/simulate.md says where each figure is from. */
export const LINK_PROFILES: Readonly<Record<string, LinkProfile>> = {
  'wired-edge': {
    standsFor: 'a box in the same building, on a switched network',
    ...{ delayMs: 0.5, jitterMs: 0.2, upBitsPerSecond: 1000 * MEGABIT, downBitsPerSecond: 1000 * MEGABIT },
  },
  '5g': {
    standsFor: 'a public 5G network in good reception, server in the region',
    ...{ delayMs: 12, jitterMs: 8, upBitsPerSecond: 20 * MEGABIT, downBitsPerSecond: 100 * MEGABIT, lossRatio: 0.001 },
  },
  '4g': {
    standsFor: 'the slower quarter of 4G connections',
    ...{
      delayMs: 75,
      jitterMs: 30,
      upBitsPerSecond: 0.75 * MEGABIT,
      downBitsPerSecond: 1.6 * MEGABIT,
      lossRatio: 0.005,
    },
  },
  drone: {
    standsFor: 'a drone at the end of its radio’s range; it fades now and then',
    ...{ delayMs: 50, jitterMs: 40, upBitsPerSecond: 2 * MEGABIT, downBitsPerSecond: 0.25 * MEGABIT, lossRatio: 0.03 },
    outages: [{ atMs: 7000, forMs: 1500, everyMs: 20_000, how: 'stall' }],
  },
  satellite: {
    standsFor: 'a geostationary satellite',
    ...{
      delayMs: 300,
      jitterMs: 20,
      upBitsPerSecond: 10 * MEGABIT,
      downBitsPerSecond: 100 * MEGABIT,
      lossRatio: 0.005,
    },
  },
  'satellite-low': {
    standsFor: 'a constellation in low orbit, which hands over every 15 s',
    ...{ delayMs: 20, jitterMs: 10, upBitsPerSecond: 10 * MEGABIT, downBitsPerSecond: 100 * MEGABIT, lossRatio: 0.005 },
    outages: [{ atMs: 5000, forMs: 100, everyMs: 15_000, how: 'stall' }],
  },
  tunnel: {
    standsFor: 'a vehicle on 4G that drives through a tunnel of 8 s every half minute',
    ...{
      delayMs: 75,
      jitterMs: 30,
      upBitsPerSecond: 0.75 * MEGABIT,
      downBitsPerSecond: 1.6 * MEGABIT,
      lossRatio: 0.005,
    },
    outages: [{ atMs: 5000, forMs: 8000, everyMs: 30_000, how: 'stall' }],
  },
};
