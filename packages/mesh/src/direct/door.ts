// SPDX-License-Identifier: Apache-2.0
import type { Logger, TransportReceiver } from '@aiflow/actor';
import type { Envelope } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { DoorCounters } from './door-counters.ts';

/** What a door works with. */
export interface DoorCollaborators {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** What the node says of itself now, signed; see `Mesh.ownAdvert`. */
  readonly advert: () => Uint8Array;
}

/** Whose door it is, where, and its bounds. */
export interface DoorOptions {
  readonly fleet: string;
  readonly node: string;
  readonly bootId: string;
  /** The path of its socket. */
  readonly socket: string;
  /** What the name of every client begins with. Default `client-`. */
  readonly namePrefix?: string;
  /** Default 8 MiB. */
  readonly maxPayloadBytes?: number;
  /** Default 32. */
  readonly maxClients?: number;
  /** Requests that one client may have open. Default 1 024. */
  readonly maxOpenRequests?: number;
  /** Bytes that may wait for one client. Default 16 MiB. */
  readonly maxQueuedBytes?: number;
  /** How often clients hear what the node says of itself. Default 1 000. */
  readonly advertEveryMs?: number;
  /** The longest `close` may flush. Default 2 000. */
  readonly closeLimitMs?: number;
}

/** How a door is. */
export interface DoorHealth {
  readonly socket: string;
  /** Names of the clients that are in. */
  readonly clients: readonly string[];
  readonly counters: DoorCounters;
}

/** By it programs on the same machine reach a node without a broker. */
export interface Door {
  /**
   * Lets clients in; what they say goes to `receiver`. Throws `already-exists` when somebody listens at the socket,
   * `invalid-argument` for a path that is too long, `permission-denied` for a folder that others may write to.
   */
  open(receiver: TransportReceiver): Promise<void>;
  /** A client of that name is in. */
  has(node: string): boolean;
  /** As `Transport.send`, to a client; throws `unavailable` when it is not in. */
  send(envelope: Envelope): void | Promise<void>;
  health(): DoorHealth;
  /** Sees everybody off and takes the socket away. Idempotent. */
  close(): Promise<void>;
}
