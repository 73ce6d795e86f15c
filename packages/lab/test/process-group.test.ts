// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { createProcessGroup, type FleetProcessOptions, type GroupEnd, type ProcessGroup } from '@aiflow/lab';
import { expect, test, vi } from 'vitest';
import { isAlive, isListening, startProgram } from './process-probe.ts';

const sleeper = (name: string): FleetProcessOptions => ({ name, command: '/bin/sleep', args: ['300'] });
const script = (name: string, text: string): FleetProcessOptions => ({ name, command: '/bin/sh', args: ['-c', text] });
const makeGroup = (): Promise<ProcessGroup> => createProcessGroup({}, { endOnSignals: [] });

test('stopping ends every child and removes the folder', async () => {
  const group = await makeGroup();
  const first = await group.start(sleeper('first'));
  const second = await group.start(sleeper('second'));
  expect([isAlive(first.pid), isAlive(second.pid), existsSync(group.folder)]).toEqual([true, true, true]);
  const end = await group.stop();
  expect(end).toEqual({ reason: 'stopped', failure: undefined });
  expect([isAlive(first.pid), isAlive(second.pid), existsSync(group.folder)]).toEqual([false, false, false]);
  expect(await first.exited).toEqual({ code: undefined, signal: 'SIGTERM' });
  await expect(group.start(sleeper('late'))).rejects.toMatchObject({ code: 'failed-precondition' });
});

test('children are stopped in the reverse order of their start', async () => {
  const group = await makeGroup();
  const order: string[] = [];
  const ordered = (name: string): FleetProcessOptions => ({
    ...script(name, 'trap "echo bye; exit 0" TERM; echo hi; while :; do sleep 0.02; done'),
    onLine: ({ text }) => order.push(`${name} ${text}`),
  });
  for (const name of ['broker', 'node']) await group.start(ordered(name));
  await vi.waitFor(() => expect(order).toHaveLength(2));
  await group.stop();
  expect(order.filter(line => line.endsWith('bye'))).toEqual(['node bye', 'broker bye']);
});

test('the death of one child ends the rest, and the reason carries its last lines', async () => {
  const group = await makeGroup();
  const other = await group.start(sleeper('other'));
  await group.start(script('doomed', 'echo loading >&2; echo no model here >&2; exit 7'));
  const end: GroupEnd = await group.ended;
  expect(end.failure).toMatchObject({ code: 'unavailable', details: { process: 'doomed' } });
  expect(end.reason).toBe('doomed ended by exit code 7; its last lines:\nloading\nno model here');
  expect(isAlive(other.pid)).toBe(false);
});

test('a child that may end, or was stopped alone, leaves the others running', async () => {
  await using group = await makeGroup();
  const other = await group.start(sleeper('other'));
  const brief = await group.start({ ...script('brief', 'exit 3'), mayEnd: true });
  expect(await brief.exited).toEqual({ code: 3, signal: undefined });
  const stopped = await group.start(sleeper('stopped'));
  await stopped.stop();
  expect(isAlive(other.pid)).toBe(true);
});

test('a child that ignores SIGTERM is killed after its grace, with what it started', async () => {
  const group = await makeGroup();
  let line = '';
  await group.start({
    ...script('stubborn', 'trap "" TERM; sleep 300 & echo "$$ $!"; wait; sleep 300'),
    graceMs: 200,
    onLine: ({ text }) => {
      line = text;
    },
  });
  await vi.waitFor(() => expect(line).not.toBe(''));
  await group.stop();
  expect(line.split(' ').map(pid => isAlive(Number(pid)))).toEqual([false, false]);
});

test('graces that add up are cut off at the limit of the group', async () => {
  const group = await createProcessGroup({}, { endOnSignals: [], stopLimitMs: 300 });
  let ready = 0;
  const stubborn = (name: string): FleetProcessOptions => ({
    ...script(name, 'trap "" TERM; echo hi; while :; do sleep 0.05; done'),
    graceMs: 60_000,
    onLine: () => {
      ready += 1;
    },
  });
  const children = [await group.start(stubborn('one')), await group.start(stubborn('two'))];
  await vi.waitFor(() => expect(ready).toBe(2));
  await group.stop();
  expect(await Promise.all(children.map(child => child.exited))).toEqual([
    { code: undefined, signal: 'SIGKILL' },
    { code: undefined, signal: 'SIGKILL' },
  ]);
});

test('a child that dies before it is ready fails its start and ends the group', async () => {
  const group = await makeGroup();
  const other = await group.start(sleeper('other'));
  const start = group.start({
    ...script('broken', 'echo bad configuration >&2; exit 2'),
    isReady: () => new Promise(() => undefined),
  });
  await expect(start).rejects.toMatchObject({
    code: 'unavailable',
    message: 'broken ended by exit code 2 before it was ready; its last lines:\nbad configuration',
  });
  expect((await group.ended).failure?.message).toContain('broken ended');
  expect(isAlive(other.pid)).toBe(false);
});

test('a child that is never ready fails at its limit and is gone', async () => {
  const group = await makeGroup();
  const probed: boolean[] = [];
  const start = group.start({
    ...{ ...sleeper('slow'), readyLimitMs: 100 },
    isReady: signal =>
      new Promise(() => {
        signal.addEventListener('abort', () => probed.push(signal.aborted));
      }),
  });
  await expect(start).rejects.toMatchObject({
    code: 'deadline-exceeded',
    message: 'slow was not ready within readyLimitMs 100 and wrote nothing',
  });
  expect(probed).toEqual([true]);
});

test('a command that does not exist fails with the shell’s words', async () => {
  const group = await makeGroup();
  await group.start({ name: 'missing', command: '/no/such/program' });
  const { failure } = await group.ended;
  expect(failure?.message).toMatch(/missing ended by exit code 127; its last lines:\n.*no\/such\/program/);
});

test('a name is used once in a group', async () => {
  await using group = await makeGroup();
  await group.start(sleeper('node'));
  await expect(group.start(sleeper('node'))).rejects.toMatchObject({ code: 'already-exists' });
});

interface Held {
  readonly port: number;
  readonly pids: readonly number[];
  readonly folder: string;
}

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s to the parent leaves no process, port or folder',
  async how => {
    const program = await startProgram('hold-group.mjs');
    const held = JSON.parse(program.firstLine) as Held;
    expect(await isListening(held.port)).toBe(true);
    expect([...held.pids.map(isAlive), existsSync(held.folder)]).toEqual([true, true, true]);
    await program.kill(how);
    await vi.waitFor(async () => {
      expect(await isListening(held.port)).toBe(false);
      expect([...held.pids.map(isAlive), existsSync(held.folder)]).toEqual([false, false, false]);
    }, 8000);
  },
);
