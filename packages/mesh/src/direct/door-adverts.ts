// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Timer } from '@aiflow/time';
import type { RateLimitedLog } from '../rate-limited-log.ts';
import { advertEnvelope } from './advert-envelope.ts';
import type { DoorGuest } from './door-guest.ts';
import type { DoorHost } from './door-wire.ts';

/** Tells the clients that are in what the node says of itself. */
export interface DoorAdverts {
  /** Tells one that has just come in, and from now on all, for as long as anybody is in. */
  tell(guest: DoorGuest): void;
  stop(): void;
}

/** What adverts are made from. */
export interface DoorAdvertCollaborators {
  readonly clock: Clock;
  readonly log: RateLimitedLog;
  readonly host: DoorHost;
  readonly advert: () => Uint8Array;
  readonly guests: () => readonly DoorGuest[];
}

/** Adverts every `everyMs`, made only while somebody listens. */
export function createDoorAdverts(collaborators: DoorAdvertCollaborators, everyMs: number): DoorAdverts {
  const { clock, log, host, advert, guests } = collaborators;
  let timer: Timer | undefined;
  const tellAll = (listening: readonly DoorGuest[]): void => {
    const signedBytes = advert();
    for (const guest of listening) {
      try {
        guest.send(advertEnvelope(signedBytes, { host, to: guest.node, nowMs: clock.nowMs() }))?.catch(() => undefined);
      } catch (error) {
        log.warn('advert', `no advert for ${guest.node}: ${AiflowError.from(error).message}`);
      }
    }
  };
  const onBeat = (): void => {
    const listening = guests();
    timer = listening.length === 0 ? undefined : clock.setTimer(everyMs, onBeat);
    if (listening.length > 0) tellAll(listening);
  };
  return {
    tell: guest => {
      tellAll([guest]);
      timer ??= clock.setTimer(everyMs, onBeat);
    },
    stop: () => timer?.cancel(),
  };
}
