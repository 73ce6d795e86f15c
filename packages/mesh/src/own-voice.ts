// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { HelloCadence } from './hello-cadence.ts';
import type { NatsTransport } from './nats-transport.ts';
import type { OwnAdvert } from './own-advert.ts';

/** What one node says of itself. What can't be sent is left out and counted: the next beat says more. */
export interface OwnVoice {
  /** Announces a new advert to all who listen. */
  announce(): void;
  /** Says hello to the fleet, unless it was said just now or the node has left. */
  sayHello(): void;
  /** Runs `send`, which may throw. */
  publish(send: () => void): void;
  /** Counts what could not be sent elsewhere. */
  unsent(error: AiflowError): void;
  readonly unsentCount: number;
}

/** What a voice works with. */
export interface VoiceCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nats: Pick<NatsTransport, 'hello' | 'announce'>;
  readonly own: OwnAdvert;
  readonly cadence: HelloCadence;
}

const BEAT_EVENT = 'advert';

/** The voice of a node that has not said anything yet. */
export function createOwnVoice({ clock, logger, nats, own, cadence }: VoiceCollaborators): OwnVoice {
  let unsentCount = 0;
  const unsent = (error: AiflowError): void => {
    unsentCount++;
    logger.debug(`could not be sent: ${error.message}`);
  };
  const publish = (send: () => void): void => {
    try {
      send();
    } catch (error) {
      unsent(AiflowError.from(error, 'unavailable'));
    }
  };
  return {
    announce: () => publish(() => nats.announce(BEAT_EVENT, own.renew())),
    sayHello: () => {
      const nowMs = clock.nowMs();
      if (own.state === 'left' || !cadence.maySay(nowMs)) return;
      publish(() => {
        nats.hello(own.signedBytes);
        cadence.said(nowMs);
      });
    },
    publish,
    unsent,
    get unsentCount() {
      return unsentCount;
    },
  };
}
