// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  describeTlsServer,
  EXAMPLE_FLEET,
  EXAMPLE_FLEET_OF_CLIENTS,
  type FleetConfigOptions,
  type LaunchedBroker,
  launchBroker,
  launchLeafTree,
  listBrokers,
  listCertificates,
  NODE_PASSWORD_VARIABLE,
  passwordVariableOf,
  planServers,
  renderFleetConfigs,
  renderLeafServer,
} from '@aiflow/lab';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectProbe, type NatsProbe } from './nats-probe.ts';

const deployFolder = join(import.meta.dirname, '../../../deploy');
const FILES = [
  ['hub.conf', 'cloud-1', EXAMPLE_FLEET],
  ['edge.conf', 'edge-1', EXAMPLE_FLEET],
  ['device.conf', 'device-1', EXAMPLE_FLEET],
  ['edge-with-clients.conf', 'edge-1', EXAMPLE_FLEET_OF_CLIENTS],
] as const;

test.each(FILES)('deploy/nats/%s is what the generator makes for %s', async (file, node, fleet) => {
  const text = renderFleetConfigs(fleet).get(node);
  await expect(text).toMatchFileSnapshot(join(deployFolder, 'nats', file));
});

let folder: string;
const makeCertificates = (authority: string, options: FleetConfigOptions = {}): void => {
  const run = (...args: readonly string[]): void =>
    void execFileSync(join(deployFolder, 'nats/make-certificates.sh'), [join(folder, authority), ...args], {
      stdio: 'pipe',
    });
  const { listeners, links } = listCertificates(EXAMPLE_FLEET, options);
  run('ca');
  for (const { name, host } of listeners) run('listener', name, host);
  for (const node of new Set(links.map(link => link.split('.')[0]!))) run('link', node);
};
const onLoopback: FleetConfigOptions = { leafAddressOf: () => '127.0.0.1:1' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-deploy-'));
  makeCertificates('ours', onLoopback);
  makeCertificates('foreign', onLoopback);
  vi.stubEnv(NODE_PASSWORD_VARIABLE, 'example-password');
  for (const device of ['device-1', 'device-2']) vi.stubEnv(passwordVariableOf(device), `password-of-${device}`);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(await listBrokers())('with nats-server $version', binary => {
  test.each(FILES)('%s passes the server’s own check', file => {
    const text = readFileSync(join(deployFolder, 'nats', file), 'utf8');
    const local = join(folder, file);
    writeFileSync(local, text.replaceAll('/etc/aiflow/tls', join(folder, 'ours')));
    const checked = spawnSync(binary.path, ['-t', '-c', local], { encoding: 'utf8' });
    expect(`${checked.stdout}${checked.stderr}`).toContain('is valid');
    expect(checked.status).toBe(0);
  });

  test('three tiers meet over mutual TLS, and a certificate of another authority or device opens nothing', async () => {
    const running: LaunchedBroker[] = [];
    const parents = new Map<string, LaunchedBroker>();
    const launch = async (node: string, authority: string, as = node): Promise<LaunchedBroker> => {
      const server = planServers(EXAMPLE_FLEET).find(one => one.node === node)!;
      const config = (ports: { readonly leaf: number }): string =>
        renderLeafServer(
          describeTlsServer(EXAMPLE_FLEET, server, {
            tlsFolder: join(folder, authority),
            leafListenOf: () => `127.0.0.1:${ports.leaf}`,
            leafAddressOf: name => `127.0.0.1:${(name === node ? ports : parents.get(name)!.ports).leaf}`,
          }),
        )
          .replaceAll(`/${node}.control.`, `/${as}.control.`)
          .replaceAll(`/${node}.bulk.`, `/${as}.bulk.`);
      const broker = await launchBroker(
        { binary },
        { serverName: `${node}-${running.length}`, jetStream: { domain: node }, config },
      );
      running.push(broker);
      if (!parents.has(node)) parents.set(node, broker);
      return broker;
    };
    try {
      const hub = await launch('cloud-1', 'ours');
      const edge = await launch('edge-1', 'ours');
      const device = await launch('device-1', 'ours');
      const foreign = await launch('device-1', 'foreign');
      const posing = await launch('device-1', 'ours', 'device-2');
      const urlOf = (broker: LaunchedBroker, user: string): string =>
        `nats://${user}:example-password@127.0.0.1:${broker.port}`;
      const nameless = connectProbe(`nats://device-1.control@127.0.0.1:${edge.port}`);
      await expect(nameless, 'a link has no password').rejects.toThrow('Authorization Violation');
      for (const lane of ['control', 'bulk']) {
        await using cloud = await connectProbe(urlOf(hub, `cloud-1.${lane}`));
        const senders: NatsProbe[] = [];
        for (const broker of [device, foreign, posing])
          senders.push(await connectProbe(urlOf(broker, `device-1.${lane}`)));
        const subject = 'af.fleet-1.site-1.device-1.cloud.cloud-1';
        await cloud.subscribe(`${subject}.>`);
        await vi.waitFor(
          () => {
            for (const [index, sender] of senders.entries()) sender.publish(`${subject}.probe`, `${index}`);
            expect(cloud.received.length).toBeGreaterThan(3);
          },
          { timeout: 8000, interval: 50 },
        );
        expect([...new Set(cloud.received.map(({ text }) => text))]).toEqual(['0']);
        for (const sender of senders) await sender[Symbol.asyncDispose]();
      }
    } finally {
      for (const broker of running.toReversed()) await broker.stop();
    }
  }, 60_000);
});

describe.each(await listBrokers())('an edge of devices without a server, with nats-server $version', binary => {
  const [, edge] = planServers(EXAMPLE_FLEET_OF_CLIENTS);
  const launchEdge = (): Promise<LaunchedBroker> => {
    const options: FleetConfigOptions = {
      ...{ tlsFolder: join(folder, 'ours'), leafAddressOf: () => '127.0.0.1:1', leafListenOf: () => '127.0.0.1:-1' },
    };
    // The generator's own lines for the listener: the launcher sets its name, port and streams.
    const text = renderFleetConfigs(EXAMPLE_FLEET_OF_CLIENTS, options).get(edge!.node)!;
    const config = text.replace(/^(?:server_name|listen|ping_\w+|jetstream).*$/gm, '');
    return launchBroker({ binary }, { jetStream: { domain: edge!.node }, config });
  };

  test('lets each in over TLS with its own password and name, and nobody in plain text', async () => {
    await using broker = await launchEdge();
    const authority = readFileSync(join(folder, 'ours/ca.pem'), 'utf8');
    const urlOf = (user: string, password: string): string => `nats://${user}:${password}@127.0.0.1:${broker.port}`;
    await using own = await connectProbe(urlOf('edge-1.control', 'example-password'), authority);
    await using device = await connectProbe(urlOf('device-1.control', 'password-of-device-1'), authority);
    await own.subscribe('af.fleet-1.*.*.site-1.edge-1.>');
    device.publish('af.fleet-1.site-1.device-1.site-1.edge-1.probe', 'mine');
    device.publish('af.fleet-1.site-1.device-2.site-1.edge-1.probe', 'forged');
    await device.flush();
    await own.flush();
    expect(own.received.map(({ text }) => text)).toEqual(['mine']);
    expect(device.errors.join()).toMatch(/permissions violation/i);
    const wrong = connectProbe(urlOf('device-2.control', 'password-of-device-1'), authority);
    await expect(wrong).rejects.toThrow('Authorization Violation');
    await expect(connectProbe(urlOf('device-1.control', 'password-of-device-1'))).rejects.toThrow();
    const foreign = readFileSync(join(folder, 'foreign/ca.pem'), 'utf8');
    await expect(connectProbe(urlOf('device-1.control', 'password-of-device-1'), foreign)).rejects.toThrow();
  }, 30_000);
});

test('each server of a tree has a JetStream domain of its own, for the account BULK alone', async () => {
  await using tree = await launchLeafTree({}, { jetStream: true });
  for (const { node, broker } of tree.nodes) {
    const report = await (await fetch(`${broker.monitorUrl}/jsz?accounts=true`)).json();
    expect(report).toMatchObject({ config: { domain: node }, account_details: [{ name: 'BULK' }] });
  }
}, 30_000);

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe.skipIf(!hasSystemd)('the systemd unit (skipped where systemd-analyze is missing)', () => {
  const unit = (): string => {
    const text = readFileSync(join(deployFolder, 'systemd/aiflow-node.service'), 'utf8');
    const path = join(folder, 'aiflow-node.service');
    writeFileSync(path, text.replace('ExecStart=/usr/local/bin/aiflow ', 'ExecStart=/bin/true '));
    return path;
  };

  test('systemd accepts every line of it', () => {
    const checked = spawnSync('systemd-analyze', ['verify', '--man=no', unit()], { encoding: 'utf8' });
    expect(`${checked.stdout}${checked.stderr}`).toBe('');
    expect(checked.status).toBe(0);
  });

  test('its exposure is at most 2.0 of 10 in systemd’s own rating', () => {
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit()], {
      encoding: 'utf8',
    });
    expect(rated.stdout).toMatch(/Overall exposure level/);
    expect(rated.status).toBe(0);
  });
});
