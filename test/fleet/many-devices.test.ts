// SPDX-License-Identifier: Apache-2.0
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinMesh, type MeshStation } from '../../packages/mesh/test/mesh-station.ts';

const DEVICES = 50;
const MIB = 1024 * 1024;
/** Well above what fifty members of one process take, far below what a table that grows with the square of beats would. */
const MAX_GROWTH_MIB = 400;
let broker: LaunchedBroker;
const stations: MeshStation[] = [];

beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
});
afterAll(async () => {
  await Promise.all(stations.map(({ mesh }) => mesh.leave()));
  await broker?.stop();
});

/** How many pairs see each other alive. */
const pairs = (): number =>
  stations.reduce((sum, { mesh }) => sum + mesh.members().filter(({ state }) => state === 'alive').length, 0);

test('fifty devices that join at once all see each other, lose nobody, and stay within their memory', async () => {
  const before = process.memoryUsage.rss();
  const names = Array.from({ length: DEVICES }, (_, index) => `device-${index + 1}`);
  stations.push(
    ...(await Promise.all(names.map(node => joinMesh({ node, control: { urls: broker.url }, beatMs: 1000 })))),
  );
  await expect.poll(pairs, { timeout: 60_000, interval: 20 }).toBe(DEVICES * (DEVICES - 1));
  await new Promise(resolve => setTimeout(resolve, 8000)); // longer than the silence of a dead node
  await expect.poll(pairs, { timeout: 30_000, interval: 20 }).toBe(DEVICES * (DEVICES - 1));
  for (const { mesh, log } of stations) {
    expect(mesh.health()).toMatchObject({ state: 'joined', conflict: undefined });
    expect(log.filter(line => / is dead/.test(line))).toEqual([]);
  }
  const growth = (process.memoryUsage.rss() - before) / MIB;
  expect(growth).toBeLessThan(MAX_GROWTH_MIB);
}, 120_000);
