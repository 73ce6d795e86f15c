// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBroker } from '@aiflow/lab';
import type { AiflowError } from '@aiflow/protocol';
import { expect, test, vi } from 'vitest';
import { commandLinesWith, isAlive, isListening, killProgramAfter, startProgram } from './process-probe.ts';

test('a launched broker listens on a port of its own and is gone after stop', async () => {
  const broker = await launchBroker();
  expect(broker.port).not.toBe(4222);
  expect(await isListening(broker.port)).toBe(true);
  const { pid } = broker;
  expect(isAlive(pid)).toBe(true);
  await broker.stop();
  expect(isAlive(pid)).toBe(false);
  expect(await isListening(broker.port)).toBe(false);
  await broker.stop();
});

test('a broker that was killed comes back on the same port under another process', async () => {
  await using broker = await launchBroker({}, { monitor: true });
  const first = broker.pid;
  await broker.kill();
  expect(await isListening(broker.port)).toBe(false);
  await broker.restart();
  expect(broker.pid).not.toBe(first);
  expect(await isListening(broker.port)).toBe(true);
  const health = await fetch(`${broker.monitorUrl}/varz`);
  expect(await health.json()).toMatchObject({ server_name: broker.serverName, port: broker.port });
});

test('a death that nobody asked for is told with its cause, one that was asked for is not', async () => {
  await using broker = await launchBroker();
  const told = vi.fn();
  void broker.died.then(told);
  await broker.kill();
  await broker.restart();
  await broker.restart();
  expect(told).not.toHaveBeenCalled();
  process.kill(broker.pid, 'SIGKILL');
  const failure = await broker.died;
  expect(failure).toMatchObject({ code: 'unavailable' });
  expect(failure.message).toContain(`nats-server on port ${broker.port} ended by signal SIGKILL`);
});

test('ten brokers launched at once get ten ports', async () => {
  const brokers = await Promise.all(Array.from({ length: 10 }, () => launchBroker({}, { jetStream: false })));
  expect(new Set(brokers.map(broker => broker.port)).size).toBe(10);
  await Promise.all(brokers.map(broker => broker.stop()));
});

test('a configuration that the server refuses fails with the server’s own words', async () => {
  await expect(launchBroker({}, { config: 'no_such_setting: 1' })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('unknown field "no_such_setting"'),
  });
});

test('a server that never greets fails at the limit with what it logged, and is ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-test-'));
  const path = join(folder, 'nats-server');
  await writeFile(path, '#!/bin/sh\necho "thinking as $$"\nexec sleep 60\n', { mode: 0o755 });
  const launch = launchBroker({ binary: { path, version: '2.9.0', origin: 'environment' } }, { startLimitMs: 300 });
  const failure: AiflowError = await launch.catch(error => error);
  expect(failure).toMatchObject({ code: 'deadline-exceeded' });
  const pid = Number(/thinking as (\d+)/.exec(failure.message)?.[1]);
  expect(isAlive(pid)).toBe(false);
  await rm(folder, { recursive: true });
});

test('an aborted launch ends at once and leaves nothing', async () => {
  const controller = new AbortController();
  const launch = launchBroker({}, { signal: controller.signal });
  controller.abort(new Error('changed my mind'));
  await expect(launch).rejects.toThrow('changed my mind');
});

test('a broker and its folder do not outlive a parent that was killed by SIGKILL', async () => {
  const program = await startProgram('hold-broker.mjs');
  const { pid, port, folders } = JSON.parse(program.firstLine) as { pid: number; port: number; folders: string[] };
  expect(isAlive(pid)).toBe(true);
  expect(folders.length).toBeGreaterThan(0);
  await program.kill('SIGKILL');
  await vi.waitFor(async () => {
    expect(isAlive(pid)).toBe(false);
    expect(await isListening(port)).toBe(false);
    expect(readdirSync(tmpdir())).not.toContain(folders[0]);
  }, 8000);
});

test.runIf(process.platform === 'linux')(
  'a parent killed at any moment of a launch leaves neither process nor file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-killed-'));
    for (let afterMs = 60; afterMs <= 300; afterMs += 30) await killProgramAfter('hold-broker.mjs', folder, afterMs);
    await vi.waitFor(() => {
      expect(commandLinesWith(folder)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    }, 12_000);
    await rm(folder, { recursive: true });
  },
);
