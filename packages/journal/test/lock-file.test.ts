// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createNodeFiles } from '../src/index.ts';
import { openAt } from './life.ts';

const root = mkdtempSync(join(tmpdir(), 'aiflow-journal-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
const files = createNodeFiles();
const isLinux = process.platform === 'linux';

async function markOfThisProcess(): Promise<string> {
  const path = join(root, 'mark');
  const lock = await files.lock(path);
  const mark = readlinkSync(path);
  await lock.release();
  return mark;
}

test('a folder that is held names process and lock, and is free once it is closed', async () => {
  const folder = join(root, 'held');
  const { journal } = await openAt(files, folder);
  const message = `${folder}/lock is held by process ${process.pid}: stop that process, or name another folder`;
  const details = { file: `${folder}/lock`, pid: String(process.pid) };
  await expect(openAt(files, folder)).rejects.toMatchObject({ code: 'failed-precondition', message, details });
  await journal[Symbol.asyncDispose]();
  const next = await openAt(files, folder);
  await next.journal[Symbol.asyncDispose]();
  expect(readdirSync(folder)).toEqual(['0000000001.journal']);
});

test.skipIf(!isLinux)('the lock of a process that is gone is taken over, however it is known to be gone', async () => {
  const mark = await markOfThisProcess();
  const [pid, started, boot] = mark.split(':');
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const stale = {
    'no process has its pid': `${ended}:${started}:${boot}`,
    'its pid was given to another process': `${pid}:${Number(started) - 1}:${boot}`,
    'the machine was started since': `${pid}:${started}:00000000-0000-4000-8000-000000000000`,
    'no process wrote it': 'somebody was here',
  };
  for (const text of Object.values(stale)) {
    const path = join(root, 'stale');
    symlinkSync(text, path);
    const lock = await files.lock(path);
    expect(readlinkSync(path)).toBe(mark);
    await lock.release();
  }
});

test.skipIf(!isLinux)('a process that ended and was not waited for holds nothing', async () => {
  const path = join(root, 'zombie');
  // The child ends after its parent became a program that waits for nobody.
  const parent = spawn('bash', ['-c', 'sleep 0.5 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const [, , boot] = (await markOfThisProcess()).split(':');
  const stat = (): string => spawnSync('cat', [`/proc/${Number(line)}/stat`], { encoding: 'utf8' }).stdout;
  while (!/\) Z /.test(stat())) await new Promise(resolve => setTimeout(resolve, 5));
  const started = stat().split(') ')[1]?.split(' ')[19];
  symlinkSync(`${Number(line)}:${started}:${boot}`, path);
  await (await files.lock(path)).release();
  parent.kill();
});

test('of many that find a stale lock one takes it; a takeover that was cut off does not stand in the way', async () => {
  for (let round = 0; round < 30; round++) {
    const path = join(root, `race-${round}`);
    symlinkSync('somebody was here', path);
    if (round % 2 === 1) symlinkSync('somebody took over', `${path}.takeover`);
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => files.lock(path)));
    const taken = claims.filter(({ status }) => status === 'fulfilled');
    expect(taken.length).toBe(1);
    unlinkSync(path);
  }
});

test('a folder that is none says what to do', async () => {
  await expect(openAt(files, '/dev/null/store')).rejects.toMatchObject({
    code: 'unavailable',
    message:
      'cannot open journal /dev/null/store (ENOTDIR): make it a folder on a disk with room that this user may write to',
  });
});
