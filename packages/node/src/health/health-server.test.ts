import { expect, test } from 'vitest';
import { startHealthServer } from './health-server.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const NOTHING = { live: [], ready: [], linked: [], metrics: async () => 'up 1\n' };

test('readiness follows the checks while liveness stands', async () => {
  let problem: string | undefined = 'answerer is stopped';
  await using server = await startHealthServer(
    { ...NOTHING, ready: [{ name: 'actors', check: () => problem }] },
    LOOPBACK,
  );
  const unready = await fetch(`${server.url}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.text()).toBe('[-] actors: answerer is stopped\nnot ok\n');
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  problem = undefined;
  expect(await (await fetch(`${server.url}/readyz?verbose`)).text()).toBe('[+] actors\nok\n');
  expect(await (await fetch(`${server.url}/metrics`)).text()).toBe('up 1\n');
  expect((await fetch(`${server.url}/else`)).status).toBe(404);
});

test('without its link a node is ready, degraded, and not to be sent work from elsewhere', async () => {
  let problem: string | undefined = 'no broker';
  const linked = [{ name: 'mesh', check: () => problem }];
  await using server = await startHealthServer({ ...NOTHING, linked }, LOOPBACK);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, '[!] mesh: no broker\nok, degraded\n']);
  const onMesh = await fetch(`${server.url}/meshz`);
  expect([onMesh.status, await onMesh.text()]).toEqual([503, '[-] mesh: no broker\nnot ok\n']);
  problem = undefined;
  for (const path of ['readyz', 'meshz']) {
    const response = await fetch(`${server.url}/${path}?verbose`);
    expect([response.status, await response.text()]).toEqual([200, '[+] mesh\nok\n']);
  }
});

test('a taken port is refused with address and remedy', async () => {
  await using first = await startHealthServer(NOTHING, LOOPBACK);
  const port = Number(new URL(first.url).port);
  await expect(startHealthServer(NOTHING, { host: '127.0.0.1', port })).rejects.toThrow(
    new RegExp(`can't listen on 127.0.0.1:${port}: .*choose another health.port`),
  );
});
