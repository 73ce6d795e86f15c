// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type ActorSystem, createActorSystem, type Logger } from '@aiflow/actor';
import {
  type BrokerEndpoint,
  createDoor,
  createMesh,
  createRoutedTransport,
  type Door,
  type Mesh,
  type NodeDescription,
  type NodeIdentity,
  type TrustPolicy,
} from '@aiflow/mesh';
import type { MemberTier } from '@aiflow/protocol';
import { createTelemetry, createTraceActor, type SpanSpool, type Telemetry } from '@aiflow/telemetry';
import type { Clock, Random } from '@aiflow/time';
import { createProcessLoad } from './process-load.ts';

/** What a place on the mesh is made from. */
export interface MeshNodeCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly identity: NodeIdentity;
  readonly trust: TrustPolicy;
  /** Keeps this node's spans over a restart; closed with its telemetry. Default: nothing does. */
  readonly spool?: SpanSpool | undefined;
}

/** Who joins, and where. */
export interface MeshNodeOptions {
  readonly fleet: string;
  readonly tier: MemberTier;
  readonly site: string;
  readonly control: BrokerEndpoint;
  readonly bulk: BrokerEndpoint;
  readonly beatMs?: number;
  readonly maxPayloadBytes?: number;
  /** The socket by which programs on this machine come in. Default: they don't. */
  readonly doorSocket?: string | undefined;
  /** Whether it serves before it has joined; see `MeshOptions`. Default `required`. */
  readonly join?: 'required' | 'background';
  /** How long joining listens for another claim to the name; 0 where the name was made up for this run. */
  readonly joinWindowMs?: number;
  readonly sampleRatio?: number;
  readonly otlpEndpoint?: string | undefined;
  /** The families this node holds, read once a beat. Default none. */
  readonly families?: () => NodeDescription['families'];
  /** What this node says it draws while it computes. Default: it says nothing. */
  readonly watts?: number | undefined;
  /** Sessions its model works for at the same time, read once a beat. Default 0. */
  readonly meanSessions?: () => number;
  /** Resident memory of processes that work for this node, such as its model's host. Default 0. */
  readonly hostBytes?: () => number;
}

/** Mesh, actors and telemetry of one process, wired together; not yet started. */
export interface MeshNode {
  readonly mesh: Mesh;
  readonly actors: ActorSystem;
  readonly telemetry: Telemetry;
  readonly bootId: string;
  readonly door: Door | undefined;
}

/** Wires what daemon and client have in common: both are nodes of the mesh, and both answer for their spans. */
export function createMeshNode(collaborators: MeshNodeCollaborators, options: MeshNodeOptions): MeshNode {
  const { clock, random, logger, identity, trust, spool } = collaborators;
  const bootId = randomBytes(9).toString('base64url'); // short, as every message carries it
  const telemetry = createTelemetry(
    { clock, random, ...(spool === undefined ? {} : { spool }) },
    {
      node: identity.name,
      tier: options.tier,
      fleet: options.fleet,
      ...(options.otlpEndpoint === undefined ? {} : { otlpEndpoint: options.otlpEndpoint }),
      ...(options.sampleRatio === undefined ? {} : { sampleRatio: options.sampleRatio }),
    },
  );
  const load = createProcessLoad(clock);
  const describe = (): NodeDescription => ({
    actors: actors.actors().map(({ name, capabilities, mailboxDepth }) => ({ name, capabilities, mailboxDepth })),
    families: options.families?.() ?? [],
    loadRatio: load.ratio(),
    memoryBytes: process.memoryUsage.rss() + (options.hostBytes?.() ?? 0),
    activeSessions: Math.round(100 * (options.meanSessions?.() ?? 0)) / 100,
    ...(options.watts === undefined ? {} : { watts: options.watts }),
  });
  const { fleet, tier, site, control, bulk, beatMs, maxPayloadBytes, join, joinWindowMs } = options;
  const payloadLimit = maxPayloadBytes === undefined ? {} : { maxPayloadBytes };
  const mesh = createMesh(
    { clock, random, logger, identity, trust, describe },
    {
      ...{ fleet, tier, site, bootId, control, bulk },
      ...(beatMs === undefined ? {} : { beatMs }),
      ...payloadLimit,
      ...(join === undefined ? {} : { join }),
      ...(joinWindowMs === undefined ? {} : { joinWindowMs }),
    },
  );
  const door =
    options.doorSocket === undefined
      ? undefined
      : createDoor(
          { clock, logger, advert: () => mesh.ownAdvert() },
          { ...{ fleet, bootId, socket: options.doorSocket }, node: identity.name, ...payloadLimit },
        );
  const actors = createActorSystem({
    transport: door === undefined ? mesh.transport : createRoutedTransport(mesh.transport, door),
    clock,
    random,
    logger,
    interceptors: [telemetry.interceptor],
  });
  actors.spawn(createTraceActor(telemetry.spans));
  return { mesh, actors, telemetry, bootId, door };
}
