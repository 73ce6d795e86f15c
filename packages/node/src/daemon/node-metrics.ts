// SPDX-License-Identifier: Apache-2.0
import type { ActorStatus } from '@aiflow/actor';
import type { Door, LinkMeasurement } from '@aiflow/mesh';
import { LABELS, METRICS, type MetricRegistry, type MetricSample } from '@aiflow/telemetry';
import type { MeshNode } from './mesh-node.ts';

/**
 * Facts of a node beside its calls: memory, members by state, links by peer, actors, and what was refused by reason, so
 * that nothing is dropped without a number that an operator can watch.
 */
export function registerNodeMetrics(metrics: MetricRegistry, place: MeshNode): void {
  registerMesh(metrics, place);
  registerLinks(metrics, place);
  registerRefusals(metrics, place);
  registerActors(metrics, place);
}

function registerMesh(metrics: MetricRegistry, { mesh }: MeshNode): void {
  metrics.register({ name: METRICS.residentBytes, help: 'Resident memory of the daemon', type: 'gauge' }, () => [
    { value: process.memoryUsage.rss() },
  ]);
  metrics.register({ name: METRICS.members, help: 'Other nodes by state', type: 'gauge' }, () =>
    countByState(mesh.members()),
  );
  metrics.register({ name: METRICS.linkDisconnects, help: 'Broker links that were lost', type: 'counter' }, () => [
    { value: mesh.health().counters.disconnects },
  ]);
  metrics.register(
    {
      name: METRICS.undeliverable,
      help: 'Messages that found nobody and were reported to their sender',
      type: 'counter',
    },
    () => [{ value: mesh.health().counters.undeliverable }],
  );
}

function registerLinks(metrics: MetricRegistry, { mesh }: MeshNode): void {
  const each = (read: (link: LinkMeasurement) => number | undefined) => (): MetricSample[] =>
    mesh.links().flatMap(link => {
      const value = read(link);
      return value === undefined ? [] : [{ labels: { [LABELS.peer]: link.peer }, value }];
    });
  metrics.register(
    { name: METRICS.linkRtt, help: 'Smoothed round trip to a peer', type: 'gauge' },
    each(({ rttMs }) => (rttMs === undefined ? undefined : rttMs / 1000)),
  );
  metrics.register(
    { name: METRICS.linkRate, help: 'Rate of the link to a peer, by short bursts', type: 'gauge' },
    each(({ bytesPerSecond }) => bytesPerSecond),
  );
  metrics.register(
    { name: METRICS.linkLoss, help: 'Share of the last probes of a peer that were lost', type: 'gauge' },
    each(({ lossRatio }) => lossRatio),
  );
}

function registerRefusals(metrics: MetricRegistry, { mesh, door }: MeshNode): void {
  metrics.register({ name: METRICS.refusedFrames, help: 'Frames that were not believed', type: 'counter' }, () => {
    const { malformed, wrongGeneration, forged, unadmitted, incomplete } = mesh.health().counters;
    return byReason({
      malformed,
      'wrong-generation': wrongGeneration,
      forged,
      unadmitted,
      incomplete,
      ...doorRefusals(door),
    });
  });
  metrics.register({ name: METRICS.refusedAdverts, help: 'Adverts that were not believed', type: 'counter' }, () => {
    const { counters } = mesh.health();
    return byReason({
      forged: counters.forgedAdverts,
      untrusted: counters.untrustedAdverts,
      malformed: counters.malformedAdverts,
      foreign: counters.foreignAdverts,
      'name-taken': counters.refusedAdverts,
      overflow: counters.memberOverflow,
    });
  });
}

/** What was refused at the door, where the node has one. */
function doorRefusals(door: Door | undefined): Readonly<Record<string, number>> {
  if (door === undefined) return {};
  const { strangers, refusedClients, malformed, wrongGeneration, forged, misdirected, overflow } =
    door.health().counters;
  return {
    ...{ 'door-stranger': strangers, 'door-client': refusedClients, 'door-malformed': malformed },
    ...{ 'door-wrong-generation': wrongGeneration, 'door-forged': forged, 'door-misdirected': misdirected },
    'door-overflow': overflow,
  };
}

function registerActors(metrics: MetricRegistry, { actors }: MeshNode): void {
  const each = (read: (actor: ActorStatus) => number): (() => MetricSample[]) => {
    return () => actors.actors().map(actor => ({ labels: { [LABELS.actor]: actor.name }, value: read(actor) }));
  };
  metrics.register(
    { name: METRICS.actorMailboxDepth, help: 'Messages that wait', type: 'gauge' },
    each(actor => actor.mailboxDepth),
  );
  metrics.register(
    { name: METRICS.actorRestarts, help: 'Restarts after a fault', type: 'counter' },
    each(actor => actor.restarts),
  );
  metrics.register(
    { name: METRICS.actorRefused, help: 'Messages that never reached a handler', type: 'counter' },
    each(actor => actor.refused),
  );
}

function byReason(counts: Readonly<Record<string, number>>): MetricSample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { [LABELS.reason]: reason }, value }));
}

function countByState(members: readonly { readonly state: string }[]): MetricSample[] {
  const counts = new Map<string, number>();
  for (const { state } of members) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { state }, value }));
}
