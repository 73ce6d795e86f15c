// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type ActorSystem, createActorSystem } from '@aiflow/actor';
import { createEphemeralIdentity, createFirstUseTrust, createMesh, type Mesh } from '@aiflow/mesh';
import { createTelemetry } from '@aiflow/telemetry';
import { createSystemClock, createSystemRandom, sleep } from '@aiflow/time';
import type { Contender, MeetingPlace } from './contender.ts';
import { createEchoRequester, echoActor } from './echo-actor.ts';

const REQUESTER = 'requester';
const RESPONDER = 'responder';
const JOIN_LIMIT_MS = 20_000;

const clock = createSystemClock({ keepAlive: true });
const random = createSystemRandom();

/** An actor asked over the mesh as a daemon sets it up, with or without a span at each side. */
export function createAiflow(options: { readonly traced: boolean }): Contender {
  const join = (place: MeetingPlace, node: string): Promise<Joined> => joinMesh(place, node, options);
  return {
    respond: async place => {
      const { system } = await join(place, RESPONDER);
      system.spawn(echoActor);
      return system;
    },
    request: async place => {
      const { system, mesh } = await join(place, REQUESTER);
      await untilMember(mesh, RESPONDER);
      return createEchoRequester(system, { node: RESPONDER, actor: echoActor.name });
    },
  };
}

interface Joined {
  readonly system: ActorSystem;
  readonly mesh: Mesh;
}

async function joinMesh(
  { url }: MeetingPlace,
  node: string,
  { traced }: { readonly traced: boolean },
): Promise<Joined> {
  const fleet = traced ? 'traced' : 'plain'; // one each, for contenders share the broker
  const tier = 'edge';
  const mesh = createMesh(
    {
      ...{ clock, random, identity: createEphemeralIdentity(node), trust: createFirstUseTrust() },
      describe: () => ({ actors: [], families: [], loadRatio: 0, memoryBytes: 0 }),
    },
    { fleet, site: 'bench', tier, bootId: randomUUID().slice(0, 8), control: { urls: url }, rateProbeEveryMs: 0 },
  );
  const telemetry = traced ? createTelemetry({ clock, random }, { node, tier, fleet }) : undefined;
  const interceptors = telemetry === undefined ? [] : [telemetry.interceptor];
  const system = createActorSystem({ transport: mesh.transport, clock, random, interceptors });
  await system.start();
  return { system, mesh };
}

async function untilMember(mesh: Mesh, node: string): Promise<void> {
  const endMs = clock.nowMs() + JOIN_LIMIT_MS;
  while (!mesh.members().some(member => member.node === node && member.state === 'alive')) {
    if (clock.nowMs() > endMs) throw new Error(`${node} did not join within ${JOIN_LIMIT_MS} ms`);
    await sleep(clock, 20);
  }
}
