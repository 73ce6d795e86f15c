// SPDX-License-Identifier: Apache-2.0
import type { AiflowError, Envelope } from '@aiflow/protocol';
import type { NodePlace } from './subjects.ts';

/** Something a node said to all or to one, outside actors: bytes of a signed advert. */
export interface Announcement {
  /** `hello` and `event` went to many, `direct` to this node alone. */
  readonly via: 'hello' | 'event' | 'direct';
  /** Who published it, as the broker vouches. */
  readonly from: NodePlace;
  /** The kind of event; empty otherwise. */
  readonly event: string;
  readonly bytes: Uint8Array;
}

/** Hears what is not for actors. Nothing here may throw. */
export interface AnnouncementListener {
  announced(announcement: Announcement): void;
  /** A message to the runtime's own actor `$link`. */
  probed(envelope: Envelope): void;
  /** The first attempt to connect failed; it is tried on. */
  unreachable(error: AiflowError): void;
  up(): void;
  down(error: AiflowError): void;
}
