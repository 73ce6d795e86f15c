// SPDX-License-Identifier: Apache-2.0
import type { AiflowError, Envelope } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { expect, vi } from 'vitest';
import {
  createEphemeralIdentity,
  createFirstUseTrust,
  createMesh,
  type Mesh,
  type MeshCollaborators,
  type MeshOptions,
} from '../src/index.ts';

/** A mesh with what arrived at its transport. */
export interface MeshStation extends AsyncDisposable {
  readonly mesh: Mesh;
  readonly delivered: Envelope[];
  readonly failed: { readonly messageId: string; readonly error: AiflowError }[];
  readonly log: string[];
}

export type MeshStationOptions = Partial<MeshOptions> & Partial<MeshCollaborators> & { readonly node: string };

let boots = 0;

/** A mesh that has not joined. Beats come every 100 ms, so that tests need not wait. */
export function makeMesh(options: MeshStationOptions): MeshStation {
  const log: string[] = [];
  const add = (text: string): void => void log.push(text);
  const { node, identity = createEphemeralIdentity(node), trust = createFirstUseTrust(), ...rest } = options;
  const describe =
    options.describe ??
    (() => ({
      actors: [{ name: 'echo', capabilities: ['test:echo'], mailboxDepth: 0 }],
      families: [],
      loadRatio: 0,
      memoryBytes: 1,
    }));
  const mesh = createMesh(
    {
      clock: createSystemClock({ keepAlive: true }),
      random: createSeededRandom(node),
      logger: { debug: add, info: add, warn: add, error: add },
      ...{ identity, trust, describe },
    },
    {
      fleet: 'test',
      site: 'home',
      tier: 'device',
      bootId: `boot-${++boots}`,
      control: { urls: [] },
      beatMs: 100,
      joinWindowMs: 200,
      reconnectWaitMs: 50,
      ...rest,
    },
  );
  return { mesh, delivered: [], failed: [], log, [Symbol.asyncDispose]: () => mesh.leave() };
}

/** A mesh that has joined. */
export async function joinMesh(options: MeshStationOptions): Promise<MeshStation> {
  const station = makeMesh(options);
  await startMesh(station);
  return station;
}

export function startMesh(station: MeshStation): Promise<void> {
  return station.mesh.transport.start({
    deliver: envelope => void station.delivered.push(envelope),
    undeliverable: (messageId, error) => void station.failed.push({ messageId, error }),
  });
}

/** What `station` thinks of `node`. */
export function stateOf(station: MeshStation, node: string): string | undefined {
  return station.mesh.members().find(member => member.node === node)?.state;
}

/** Waits until every station sees every other alive. */
export async function allAlive(...stations: readonly MeshStation[]): Promise<void> {
  const names = stations.map(station => station.mesh.identity.name);
  await vi.waitFor(
    () => {
      for (const station of stations) {
        for (const name of names) if (name !== station.mesh.identity.name) expect(stateOf(station, name)).toBe('alive');
      }
    },
    { timeout: 8000, interval: 20 },
  );
}
