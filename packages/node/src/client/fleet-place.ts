// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type ActorSystem, createActorSystem, type Logger } from '@aiflow/actor';
import {
  type BrokerEndpoint,
  createDoorTransport,
  createEphemeralIdentity,
  type Member,
  type TrustPolicy,
} from '@aiflow/mesh';
import { createTelemetry, createTraceActor, type Telemetry } from '@aiflow/telemetry';
import type { Clock, Random } from '@aiflow/time';
import { createMeshNode } from '../daemon/mesh-node.ts';

/** Where a client stands: what it speaks with, and whom it knows. */
export interface FleetPlace {
  /** The fleet's name; behind a door it is known once the place is entered. */
  readonly fleet: string;
  readonly clock: Clock;
  readonly actors: ActorSystem;
  readonly telemetry: Telemetry;
  members(): readonly Member[];
  leave(): Promise<void>;
}

/** What a place is made from. */
export interface PlaceCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A place on the mesh, at the broker. */
export function placeOnMesh(
  collaborators: PlaceCollaborators & { readonly trust: TrustPolicy },
  options: {
    readonly client: string;
    readonly fleet: string;
    readonly site: string;
    readonly endpoint: BrokerEndpoint;
    readonly joinWindowMs?: number;
  },
): FleetPlace {
  const { client, fleet, site, endpoint, joinWindowMs } = options;
  const { mesh, actors, telemetry } = createMeshNode(
    { ...collaborators, identity: createEphemeralIdentity(client) },
    {
      ...{ fleet, tier: 'client', site, control: endpoint, bulk: endpoint },
      ...(joinWindowMs === undefined ? {} : { joinWindowMs }),
    },
  );
  const { clock } = collaborators;
  return { fleet, clock, actors, telemetry, members: () => mesh.members(), leave: () => mesh.leave() };
}

/** A place behind the door of a node on this machine. It knows that node alone. */
export function placeAtDoor(
  collaborators: PlaceCollaborators,
  options: { readonly client: string; readonly socket: string },
): FleetPlace {
  const { clock, random, logger } = collaborators;
  const { client, socket } = options;
  const bootId = randomBytes(9).toString('base64url');
  const transport = createDoorTransport(collaborators, { node: client, bootId, socket });
  const telemetry = createTelemetry({ clock, random }, { node: client, tier: 'client', fleet: 'door' });
  const actors = createActorSystem({ transport, clock, random, logger, interceptors: [telemetry.interceptor] });
  actors.spawn(createTraceActor(telemetry.spans));
  return {
    ...{ clock, actors, telemetry },
    get fleet() {
      return transport.fleet;
    },
    members: () => {
      const host = transport.host();
      return host === undefined ? [] : [host];
    },
    leave: () => transport.close(),
  };
}
