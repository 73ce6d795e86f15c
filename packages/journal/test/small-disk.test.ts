// SPDX-License-Identifier: Apache-2.0
//
// A real file system that fills up, where the user may mount one.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { createNodeFiles } from '../src/index.ts';
import { bytesOf } from './ledger.ts';
import { openAt } from './life.ts';

const mounted = `/tmp/aiflow-journal-disk-${process.pid}`;
mkdirSync(mounted, { recursive: true });
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', mounted]).status === 0;
afterAll(() => {
  if (isMounted) execFileSync('umount', [mounted]);
  rmSync(mounted, { recursive: true });
});

test.skipIf(!isMounted)(
  'a file system that is full loses no entry, keeps no half one, and serves again with room',
  async () => {
    const folder = `${mounted}/store`;
    const { journal } = await openAt(createNodeFiles(), folder);
    let count = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await journal.append([bytesOf(`${count} ${'x'.repeat(5000)}`)]);
        count += 1;
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringContaining('(ENOSPC)'),
    });
    const { bavail, bsize } = statfsSync(mounted);
    writeFileSync(`${mounted}/filler`, new Uint8Array(bavail * bsize));
    await expect(journal.rewrite([bytesOf('small')])).rejects.toMatchObject({ code: 'resource-exhausted' });
    await journal[Symbol.asyncDispose]();
    const full = await openAt(createNodeFiles(), folder);
    expect(full.entries.map(entry => Number.parseInt(entry, 10))).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(full.journal.recovery).toMatchObject({ tornBytes: 0, damaged: [] });
    rmSync(`${mounted}/filler`);
    execFileSync('mount', ['-o', 'remount,size=1m', mounted]);
    await full.journal.rewrite([bytesOf('room again')]);
    await full.journal[Symbol.asyncDispose]();
    const last = await openAt(createNodeFiles(), folder);
    expect(last.entries).toEqual(['room again']);
    expect(readdirSync(folder).sort()).toEqual(['0000000002.journal', 'lock']);
    await last.journal[Symbol.asyncDispose]();
  },
);
