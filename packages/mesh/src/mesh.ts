// SPDX-License-Identifier: Apache-2.0
import type { Logger, Transport } from '@aiflow/actor';
import type { AiflowError, MemberTier } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { Candidate } from './candidates.ts';
import type { NodeIdentity } from './identity.ts';
import type { LinkMeasurement } from './link-meter.ts';
import type { Member, MemberChange } from './member.ts';
import type { NatsTransportHealth, NatsTransportOptions } from './nats-transport.ts';
import type { NodeDescription } from './own-advert.ts';
import type { TransportCounters } from './transport-counters.ts';
import type { TrustPolicy } from './trust.ts';

/** What a mesh works with. */
export interface MeshCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly identity: NodeIdentity;
  readonly trust: TrustPolicy;
  /** What the node says of itself, asked for once a beat. */
  readonly describe: () => NodeDescription;
}

/** Where the node stands, and the mesh's timing. */
export interface MeshOptions extends Omit<NatsTransportOptions, 'node' | 'hearing' | 'insist'> {
  readonly tier: MemberTier;
  readonly softwareVersion?: string;
  /** How often the node says that it is there, give or take a fifth. Default 1 000. */
  readonly beatMs?: number;
  /** Silence after which a node is suspect. Default three beats and a bit. */
  readonly suspectAfterMs?: number;
  /** Silence after which it is dead. Default six beats. */
  readonly deadAfterMs?: number;
  /** How long the dead are remembered. Default 300 000. */
  readonly forgetAfterMs?: number;
  /** Other nodes that are remembered at once. Default 1 024. */
  readonly maxMembers?: number;
  /**
   * Whether starting waits until the node has joined, however long that takes (`required`, the default), or ends as soon as
   * the broker turns out to be out of reach, so that the node serves alone and joins in the `background`.
   */
  readonly join?: 'required' | 'background';
  /** How long the start waits for another node to claim this one's name. Default 500. */
  readonly joinWindowMs?: number;
  /** How often one peer's rate is probed with 48 KiB; 0 is never. Default 60 000. */
  readonly rateProbeEveryMs?: number;
}

/** Adverts that were not believed, and beats that could not be sent. */
export interface MeshCounters extends TransportCounters {
  /** Not signed, signed by another key than claimed, or under another node's subject. */
  readonly forgedAdverts: number;
  readonly untrustedAdverts: number;
  readonly malformedAdverts: number;
  /** Of another fleet or a generation this build can't understand. */
  readonly foreignAdverts: number;
  readonly staleAdverts: number;
  /** For a name that somebody else holds. */
  readonly refusedAdverts: number;
  /** Nodes for which the table had no room. */
  readonly memberOverflow: number;
  readonly unsentBeats: number;
}

/** How the mesh is. */
export interface MeshHealth extends NatsTransportHealth {
  readonly state: 'idle' | 'joining' | 'joined' | 'left' | 'conflict';
  /** Why this node had to give its name up. */
  readonly conflict: AiflowError | undefined;
  readonly counters: MeshCounters;
}

/** A node's place on the mesh. */
export interface Mesh {
  /**
   * Starting it joins the mesh, which fails with `already-exists` when another node holds the name (`MeshOptions.join`);
   * closing it leaves. While the node has not joined, sending to others fails with `unavailable`, naming the broker.
   */
  readonly transport: Transport;
  readonly identity: NodeIdentity;
  /** The other nodes, those that died lately included. */
  members(): readonly Member[];
  /** Calls `listener` with each change until the returned function is called. */
  onChange(listener: (change: MemberChange) => void): () => void;
  /** Resolves when the node has joined; stays open when it never does. */
  readonly joined: Promise<void>;
  /** Calls `listener` if this node has to give its name up after its start. The mesh has stopped then. */
  onConflict(listener: (error: AiflowError) => void): () => void;
  /** The actors, here and elsewhere, that offer a capability: least loaded first. */
  find(capability: string): readonly Candidate[];
  /** The less loaded of two of them taken at random; undefined when there is none. */
  pick(capability: string): Candidate | undefined;
  links(): readonly LinkMeasurement[];
  /** What this node says of itself now, signed: for those who ask it without a broker. */
  ownAdvert(): Uint8Array;
  health(): MeshHealth;
  /** Tells all at once that this node takes no new work. */
  drain(): void;
  /** Tells all that this node is gone, and closes the transport. Idempotent. */
  leave(): Promise<void>;
}
