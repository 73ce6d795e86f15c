import { expect, test } from 'vitest';
import { startHealthServer } from './health-server.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

test('readiness follows the checks while liveness stands', async () => {
  let problem: string | undefined = 'no broker';
  await using server = await startHealthServer(
    { live: [], ready: [{ name: 'mesh', check: () => problem }], metrics: async () => 'up 1\n' },
    LOOPBACK,
  );
  const unready = await fetch(`${server.url}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.text()).toBe('[-] mesh: no broker\nnot ok\n');
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  problem = undefined;
  expect(await (await fetch(`${server.url}/readyz?verbose`)).text()).toBe('[+] mesh\nok\n');
  expect(await (await fetch(`${server.url}/metrics`)).text()).toBe('up 1\n');
  expect((await fetch(`${server.url}/else`)).status).toBe(404);
});

test('a taken port is refused with address and remedy', async () => {
  const source = { live: [], ready: [], metrics: async () => '' };
  await using first = await startHealthServer(source, LOOPBACK);
  const port = Number(new URL(first.url).port);
  await expect(startHealthServer(source, { host: '127.0.0.1', port })).rejects.toThrow(
    new RegExp(`can't listen on 127.0.0.1:${port}: .*choose another health.port`),
  );
});
