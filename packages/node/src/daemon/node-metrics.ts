// SPDX-License-Identifier: Apache-2.0
import { LABELS, METRICS, type MetricRegistry } from '@aiflow/telemetry';
import type { MeshNode } from './mesh-node.ts';

/** Facts of a node beside its calls: memory, members by state, links by peer, messages refused by reason. */
export function registerNodeMetrics(metrics: MetricRegistry, { mesh }: MeshNode): void {
  metrics.register({ name: METRICS.residentBytes, help: 'Resident memory of the daemon', type: 'gauge' }, () => [
    { value: process.memoryUsage.rss() },
  ]);
  metrics.register({ name: METRICS.members, help: 'Other nodes by state', type: 'gauge' }, () =>
    countByState(mesh.members()),
  );
  metrics.register({ name: METRICS.linkRtt, help: 'Smoothed round trip to a peer', type: 'gauge' }, () =>
    mesh
      .links()
      .flatMap(({ peer, rttMs }) =>
        rttMs === undefined ? [] : [{ labels: { [LABELS.peer]: peer }, value: rttMs / 1000 }],
      ),
  );
}

function countByState(
  members: readonly { readonly state: string }[],
): { labels: Record<string, string>; value: number }[] {
  const counts = new Map<string, number>();
  for (const { state } of members) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { state }, value }));
}
