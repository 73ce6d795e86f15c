// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FindBrokerOptions, findBroker, findBrokerBinary, launchBroker, listBrokers } from '@aiflow/lab';
import { afterEach, beforeEach, expect, test } from 'vitest';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lab-find-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An executable that answers as that version does, or says and does something else. */
function place(folder: string, version: string, text = `echo "nats-server: v${version}"`): string {
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(root, folder, 'nats-server');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}
/** A machine on which nothing is found but what the test placed. */
const machine = (env: Record<string, string> = {}): FindBrokerOptions => ({
  env: { PATH: join(root, 'bin'), XDG_CACHE_HOME: join(root, 'cache'), ...env },
  ...{ extraFolders: [join(root, 'sbin')], install: false },
});
const cached = (version: string): string => place(`cache/aiflow/nats-server/${version}`, version);

test('a configured URL needs no binary', async () => {
  expect(await findBroker({ ...machine(), url: 'nats://hub:4222' })).toEqual({ kind: 'url', url: 'nats://hub:4222' });
});

test('NATS_SERVER_BIN comes before PATH, PATH before other folders, those before the cache', async () => {
  const inCache = cached('2.15.1');
  expect(await findBrokerBinary(machine())).toEqual({ path: inCache, version: '2.15.1', origin: 'cache' });
  const inSbin = place('sbin', '2.9.10');
  expect(await findBrokerBinary(machine())).toEqual({ path: inSbin, version: '2.9.10', origin: 'system folder' });
  const onPath = place('bin', '2.10.27');
  expect(await findBrokerBinary(machine())).toEqual({ path: onPath, version: '2.10.27', origin: 'path' });
  const named = place('own', '2.11.0');
  const found = await findBroker(machine({ NATS_SERVER_BIN: named }));
  expect(found).toEqual({ kind: 'binary', path: named, version: '2.11.0', origin: 'environment' });
});

test('the newest cached server is taken, by number and not by letter', async () => {
  for (const version of ['2.9.10', '2.10.27', '2.9.9']) cached(version);
  expect((await findBrokerBinary(machine())).version).toBe('2.10.27');
});

test('a binary that is too old is refused with its path and version, though a newer one is cached', async () => {
  const old = place('bin', '2.8.4');
  cached('2.15.1');
  await expect(findBrokerBinary(machine())).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringContaining(`${old} is nats-server 2.8.4, older than 2.9.0`),
  });
});

test('a binary that does not run, or is no nats-server, is refused with its path', async () => {
  const broken = place('bin', '', 'exit 3');
  await expect(findBrokerBinary(machine())).rejects.toMatchObject({
    ...{ code: 'failed-precondition', details: { path: broken } },
    message: expect.stringContaining('does not run'),
  });
  place('bin', '', 'echo busybox 1.36');
  await expect(findBrokerBinary(machine())).rejects.toThrow(`${broken} is no nats-server: it says busybox 1.36`);
});

test('a name from the environment that can not be used is told with its variable and the remedy', async () => {
  await expect(findBrokerBinary(machine({ NATS_SERVER_BIN: '/nope' }))).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringMatching(/NATS_SERVER_BIN names .*\/nope does not run.*unset it, or set it to/),
  });
});

test('when there is none, the failure carries the command to run', async () => {
  await expect(findBrokerBinary(machine())).rejects.toMatchObject({
    ...{ code: 'failed-precondition', details: { command: 'sudo apt-get install -y nats-server' } },
    message: expect.stringContaining('NATS_SERVER_BIN'),
  });
});

test.runIf(process.getuid?.() === 0)(
  'root on Debian gets it from apt, after a refresh of the lists where needed',
  async () => {
    mkdirSync(join(root, 'bin'), { recursive: true });
    const apt = `#!/bin/sh
echo "$1" >> ${root}/calls
[ "$1" = update ] && exit 0
grep -q update ${root}/calls || { echo "E: Unable to locate package nats-server" >&2; exit 100; }
printf '#!/bin/sh\necho "nats-server: v2.9.10"\n' > ${root}/bin/nats-server
/bin/chmod 755 ${root}/bin/nats-server
`;
    writeFileSync(join(root, 'bin/apt-get'), apt, { mode: 0o755 });
    const said: string[] = [];
    const options = machine({ PATH: `${join(root, 'bin')}:/usr/bin:/bin` });
    const found = await findBrokerBinary({ ...options, install: true, onProgress: line => said.push(line) });
    expect(found).toEqual({ path: join(root, 'bin/nats-server'), version: '2.9.10', origin: 'installed' });
    expect(said).toEqual([
      'installing nats-server with apt-get',
      'refreshing the package lists with apt-get update',
      'installing nats-server with apt-get, second try',
    ]);
  },
);

test.runIf(process.getuid?.() === 0)('what apt says is told when it can’t install either', async () => {
  mkdirSync(join(root, 'bin'), { recursive: true });
  const apt = '#!/bin/sh\necho "E: the mirror is away" >&2\nexit 100\n';
  writeFileSync(join(root, 'bin/apt-get'), apt, { mode: 0o755 });
  const options = machine({ PATH: `${join(root, 'bin')}:/usr/bin:/bin` });
  await expect(findBrokerBinary({ ...options, install: true })).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringContaining('E: the mirror is away'),
  });
});

test('the list holds each version once, oldest first, and leaves out what does not run', async () => {
  cached('2.15.1');
  cached('2.9.10');
  const own = place('bin', '2.9.10');
  place('cache/aiflow/nats-server/2.12.0', '', 'exit 1');
  place('cache/aiflow/nats-server/not-a-version', '2.13.0');
  const { env = {} } = machine();
  const list = await listBrokers({ env });
  const versions = list.map(({ version }) => version);
  expect(versions).toEqual(['2.9.10', '2.15.1']);
  expect(list[0]?.path).toBe(own);
});

test.each(await listBrokers())('nats-server $version from $origin launches as what it says it is', async binary => {
  await using broker = await launchBroker({ binary });
  expect(broker.version).toBe(binary.version);
  expect(broker.log().join('\n')).toContain(`Version:  ${binary.version}`);
});
