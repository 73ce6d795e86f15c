// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type ActorSystem, createActorSystem } from '@aiflow/actor';
import { createNatsTransport, type NodePlace } from '@aiflow/mesh';
import { createSystemClock, createSystemRandom } from '@aiflow/time';
import type { Contender, MeetingPlace } from './contender.ts';
import { createEchoRequester, echoActor } from './echo-actor.ts';

const REQUESTER: NodePlace = { site: 'bench', node: 'requester' };
const RESPONDER: NodePlace = { site: 'bench', node: 'responder' };

/** An actor asked over the NATS transport, with or without a span at each side. */
export function createAiflow(options: { readonly traced: boolean }): Contender {
  const open = (place: MeetingPlace, self: NodePlace, peer: NodePlace): Promise<ActorSystem> =>
    openSystem({ url: place.url, fleet: options.traced ? 'traced' : 'plain', self, peer });
  return {
    respond: async place => {
      const system = await open(place, RESPONDER, REQUESTER);
      system.spawn(echoActor);
      return system;
    },
    request: async place =>
      createEchoRequester(await open(place, REQUESTER, RESPONDER), { node: 'responder', actor: 'echo' }),
  };
}

interface SystemPlace {
  readonly url: string;
  /** Of its own, for contenders share the broker. */
  readonly fleet: string;
  readonly self: NodePlace;
  readonly peer: NodePlace;
}

async function openSystem({ url, fleet, self, peer }: SystemPlace): Promise<ActorSystem> {
  const collaborators = { clock: createSystemClock(), random: createSystemRandom() };
  const transport = createNatsTransport(collaborators, {
    fleet,
    ...self,
    bootId: randomUUID().slice(0, 8),
    control: { urls: url },
  });
  const system = createActorSystem({ ...collaborators, transport });
  await system.start();
  await transport.admit(peer);
  return system;
}
