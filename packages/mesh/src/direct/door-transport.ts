// SPDX-License-Identifier: Apache-2.0
import type { Logger, Transport } from '@aiflow/actor';
import type { Clock, Random } from '@aiflow/time';
import type { Member } from '../member.ts';

/** What a door transport works with. */
export interface DoorTransportCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** Who goes in, and where. */
export interface DoorTransportOptions {
  /** The client's name; doors let in those that begin with `client-`. */
  readonly node: string;
  readonly bootId: string;
  /** The path of the door's socket. */
  readonly socket: string;
  /** The largest payload of one message. Default 8 MiB. */
  readonly maxPayloadBytes?: number;
  /** Bytes that may wait. Default 16 MiB. */
  readonly maxQueuedBytes?: number;
  /** How long one attempt to go in may take. Default 2 000. */
  readonly enterLimitMs?: number;
  /** Pause between attempts once the door was open, with as much jitter again. Default 250. */
  readonly reconnectWaitMs?: number;
  /** The longest `close` may flush. Default 2 000. */
  readonly closeLimitMs?: number;
}

/**
 * Carries envelopes between a program and the node behind a door on the same machine. Starting it goes in, once: it fails
 * with `unavailable` when nobody listens. A door that closes later is tried again for ever, and at once when there is
 * something to send. Messages to any other node fail with `unavailable`, naming the door.
 */
export interface DoorTransport extends Transport {
  /** The fleet of the node behind the door; empty before the start. */
  readonly fleet: string;
  /** The node behind the door as it last said it is, `suspect` while the door is closed; undefined before its first word. */
  host(): Member | undefined;
}
