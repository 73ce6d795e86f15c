// SPDX-License-Identifier: Apache-2.0

/** What a door took in and refused since it was made. */
export interface DoorCounters {
  readonly received: number;
  readonly sent: number;
  /** Connections that did not begin as HTTP/2 does. */
  readonly strangers: number;
  /** Clients that were not let in. */
  readonly refusedClients: number;
  /** Messages that could not be decoded. */
  readonly malformed: number;
  /** Messages of a wire generation this build can't understand. */
  readonly wrongGeneration: number;
  /** Messages under another name or boot than their client's. */
  readonly forged: number;
  /** Messages for another node than the one behind the door. */
  readonly misdirected: number;
  /** Requests past the bound of open ones. */
  readonly overflow: number;
}

/** Counters to be counted up. */
export type MutableDoorCounters = { -readonly [K in keyof DoorCounters]: DoorCounters[K] };

/** All zero. */
export function createDoorCounters(): MutableDoorCounters {
  return {
    received: 0,
    sent: 0,
    strangers: 0,
    refusedClients: 0,
    malformed: 0,
    wrongGeneration: 0,
    forged: 0,
    misdirected: 0,
    overflow: 0,
  };
}
