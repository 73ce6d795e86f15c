// SPDX-License-Identifier: Apache-2.0

/** What a transport did and refused since it was made. */
export interface TransportCounters {
  readonly sent: number;
  readonly received: number;
  /** Messages sent in pieces, and the pieces. */
  readonly chunkedMessages: number;
  readonly chunks: number;
  /** Frames that could not be decoded. */
  readonly malformed: number;
  /** Frames of a wire generation this build can't understand. */
  readonly wrongGeneration: number;
  /** Frames whose subject and content name different senders or receivers. */
  readonly forged: number;
  /** Frames of nodes that are not admitted. */
  readonly unadmitted: number;
  /** Messages reported to their sender as undeliverable. */
  readonly undeliverable: number;
  /** Messages of class `latest` that a newer one replaced before they left. */
  readonly superseded: number;
  /** Chunked messages that never became whole, or that were refused at a limit. */
  readonly incomplete: number;
  /** Messages whose link went down in the moment they were sent. */
  readonly lost: number;
  readonly disconnects: number;
}

/** Counters to be counted up; all start at 0. */
export type MutableTransportCounters = { -readonly [K in keyof TransportCounters]: TransportCounters[K] };

/** All zero. */
export function createTransportCounters(): MutableTransportCounters {
  return {
    sent: 0,
    received: 0,
    chunkedMessages: 0,
    chunks: 0,
    malformed: 0,
    wrongGeneration: 0,
    forged: 0,
    unadmitted: 0,
    undeliverable: 0,
    superseded: 0,
    incomplete: 0,
    lost: 0,
    disconnects: 0,
  };
}
