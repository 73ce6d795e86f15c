// SPDX-License-Identifier: Apache-2.0
import type { HealthSource } from '../health/health-server.ts';
import type { MeshNode } from './mesh-node.ts';

/** How far a node's life has got. */
export type NodeStage = 'starting' | 'ready' | 'draining';

/** What a node's health server shows. Ready is who serves programs on its machine; the mesh is one more matter (N2). */
export function nodeHealth({ mesh, actors, telemetry }: MeshNode, stage: () => NodeStage): HealthSource {
  const started = (): string | undefined => (stage() === 'ready' ? undefined : `the node is ${stage()}`);
  const running = (): string | undefined => {
    const down = actors.actors().filter(actor => actor.state === 'stopped' || actor.state === 'restarting');
    return down.length === 0 ? undefined : down.map(actor => `${actor.name} is ${actor.state}`).join(', ');
  };
  const joined = (): string | undefined => {
    const { control, state, conflict, lastRefusal } = mesh.health();
    if (control === 'up' && state === 'joined') return undefined;
    const refusal = control === 'down' && lastRefusal !== undefined ? `: ${lastRefusal.message}` : '';
    return conflict?.message ?? `link to the broker is ${control}, mesh is ${state}${refusal}`;
  };
  return {
    live: [{ name: 'event loop', check: () => undefined }],
    ready: [
      { name: 'node', check: started },
      { name: 'actors', check: running },
    ],
    linked: [{ name: 'mesh', check: joined }],
    metrics: () => Promise.resolve(telemetry.metrics.text()),
  };
}
