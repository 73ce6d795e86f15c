// SPDX-License-Identifier: Apache-2.0
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import type { AiflowError } from '@aiflow/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { allAlive, joinMesh, type MeshStationOptions, makeMesh, startMesh, stateOf } from './mesh-station.ts';
import { message } from './transport-pair.ts';

let broker: LaunchedBroker;
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
});
afterAll(() => broker.stop());
beforeEach(async () => {
  await broker.restart();
});

const alone = (options: MeshStationOptions): MeshStationOptions => ({
  control: { urls: broker.url },
  join: 'background',
  ...options,
});

describe('a node that joins in the background', () => {
  test('serves alone without a broker, says once why, and refuses to send at once', async () => {
    await broker.kill();
    await using device = makeMesh(alone({ node: 'device-1' }));
    await startMesh(device);
    expect(device.mesh.health()).toMatchObject({ state: 'joining', control: 'down' });
    expect(device.log.filter(line => line.includes('serves alone'))).toEqual([
      expect.stringMatching(/node device-1 serves alone and joins when its broker can be reached: .*not reachable/),
    ]);
    expect(() => device.mesh.transport.send(message('device-1', 'edge-1'))).toThrow(
      expect.objectContaining({ code: 'unavailable', hop: expect.stringContaining(broker.url) }),
    );
  });

  test('joins when its broker appears, and is reached by others', async () => {
    await broker.kill();
    await using device = makeMesh(alone({ node: 'device-1' }));
    await startMesh(device);
    await broker.restart();
    await device.mesh.joined;
    expect(device.mesh.health().state).toBe('joined');
    await using edge = await joinMesh({ control: { urls: broker.url }, node: 'edge-1', tier: 'edge' });
    await allAlive(device, edge);
    await edge.mesh.transport.send(message('edge-1', 'device-1', { bootId: 'b' }));
    await vi.waitFor(() => expect(device.delivered).toHaveLength(1));
  });

  test('has joined when its start ends, where the broker is there', async () => {
    await using device = makeMesh(alone({ node: 'device-1' }));
    await startMesh(device);
    expect(device.mesh.health().state).toBe('joined');
  });

  test('gives its name up to one that was on the mesh first, though it booted earlier', async () => {
    await broker.kill();
    await using late = makeMesh(alone({ node: 'twin', reconnectWaitMs: 1_500 }));
    await startMesh(late);
    await broker.restart();
    await using first = await joinMesh({ control: { urls: broker.url }, node: 'twin' });
    const conflict = await new Promise<AiflowError>(resolve => late.mesh.onConflict(resolve));
    expect(conflict).toMatchObject({ code: 'already-exists', details: { holderKey: first.mesh.identity.fingerprint } });
    expect(late.mesh.health().state).toBe('conflict');
    expect(first.mesh.health().state).toBe('joined');
  });

  test('is refused at its start where the name is taken', async () => {
    await using _first = await joinMesh({ control: { urls: broker.url }, node: 'twin' });
    await expect(startMesh(makeMesh(alone({ node: 'twin' })))).rejects.toMatchObject({ code: 'already-exists' });
  });

  test('leaves without a broker, and does not join any more', async () => {
    await broker.kill();
    const device = makeMesh(alone({ node: 'device-1' }));
    await startMesh(device);
    await device.mesh.leave();
    await broker.restart();
    await using edge = await joinMesh({ control: { urls: broker.url }, node: 'edge-1', tier: 'edge' });
    expect(device.mesh.health().state).toBe('left');
    expect(stateOf(edge, 'device-1')).toBeUndefined();
    expect(device.log.filter(line => line.startsWith('joining ended'))).toEqual([]);
  });

  test('tries on where the broker that appears refuses its credentials', async () => {
    const strict = await launchBroker({}, { jetStream: false, config: 'authorization { user: "a", password: "b" }\n' });
    await strict.kill();
    const control = { urls: strict.url, user: 'a', password: 'wrong' };
    await using device = makeMesh(alone({ node: 'device-1', control }));
    await startMesh(device);
    await strict.restart();
    await vi.waitFor(() => expect(device.mesh.health().lastRefusal?.code).toBe('unauthenticated'), { timeout: 5_000 });
    expect(device.mesh.health().state).toBe('joining');
    await strict.stop();
  });

  test('does not start where the broker refuses its credentials', async () => {
    const strict = await launchBroker({}, { jetStream: false, config: 'authorization { user: "a", password: "b" }\n' });
    const control = { urls: strict.url, user: 'a', password: 'wrong' };
    await using device = makeMesh(alone({ node: 'device-1', control }));
    await expect(startMesh(device)).rejects.toMatchObject({ code: 'unauthenticated' });
    await strict.stop();
  });
});
