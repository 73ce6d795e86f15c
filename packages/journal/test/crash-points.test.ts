// SPDX-License-Identifier: Apache-2.0
//
// A crash at every operation of a journal's life, and at every operation of the opening that follows.
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { type CrashKind, createMemoryDisk, type MemoryDisk } from '../src/index.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { live, openAt } from './life.ts';

const KINDS: readonly CrashKind[] = ['process', 'power'];
const SEEDS = 8;
const LATER = 'later';

interface Crash {
  readonly operation: number;
  readonly kind: CrashKind;
}

const newDisk = (seed: number): MemoryDisk => createMemoryDisk({ random: createSeededRandom(seed) });

async function operationsOf(work: (disk: MemoryDisk) => Promise<unknown>): Promise<number> {
  const disk = newDisk(0);
  await work(disk);
  return disk.operations;
}

/** A life that ends by `crash`; the crash must have come. */
async function liveUntil(disk: MemoryDisk, ledger: Ledger, { operation, kind }: Crash): Promise<void> {
  disk.crashAt(operation, kind);
  await expect(live(disk.files, ledger)).rejects.toThrow();
  expect(disk.operations).toBe(operation);
}

/** Opens, appends once more and ends the process, without a word of goodbye. */
async function openAndAppend(disk: MemoryDisk): Promise<readonly string[]> {
  const { journal, entries } = await openAt(disk.files);
  expect(journal.recovery.damaged).toEqual([]);
  await journal.append([Buffer.from(LATER)]);
  return entries;
}

async function check(disk: MemoryDisk, possible: readonly (readonly string[])[]): Promise<void> {
  const entries = await openAndAppend(disk);
  expect(possible).toContainEqual(entries);
  disk.crash('power');
  const { journal, entries: reread } = await openAt(disk.files);
  expect(reread).toEqual([...entries, LATER]);
  await journal[Symbol.asyncDispose]();
}

test('a crash at any operation of a life leaves all that was answered, whole units, in order', async () => {
  const operations = await operationsOf(disk => live(disk.files, createLedger()));
  let crashes = 0;
  for (const kind of KINDS) {
    for (let operation = 1; operation <= operations; operation++) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const [disk, ledger] = [newDisk(seed), createLedger()];
        await liveUntil(disk, ledger, { operation, kind });
        await check(disk, ledger.possible());
        crashes += 1;
      }
    }
  }
  expect(crashes).toBe(2 * operations * SEEDS);
  expect(operations).toBeGreaterThan(60);
});

test('a crash at any operation of the opening after a crash changes nothing about that', {
  timeout: 60_000,
}, async () => {
  const operations = await operationsOf(disk => live(disk.files, createLedger()));
  let crashes = 0;
  for (const kinds of KINDS.flatMap(first => KINDS.map(second => [first, second] as const))) {
    for (let operation = 1; operation <= operations; operation++) {
      for (let second = 1; await playTwice({ operation, kind: kinds[0] }, second, kinds[1]); second++) crashes += 1;
    }
  }
  expect(crashes).toBeGreaterThan(2000);
});

/** Crashes in a life, then in the `second`th operation of what follows; false when that has fewer. */
async function playTwice(crash: Crash, second: number, kind: CrashKind): Promise<boolean> {
  const [disk, ledger] = [newDisk(crash.operation * 100 + second), createLedger()];
  await liveUntil(disk, ledger, crash);
  const possible = ledger.possible();
  disk.crashAt(crash.operation + second, kind);
  const isOver = await openAndAppend(disk).then(
    () => true,
    () => false,
  );
  if (isOver) return false;
  await check(disk, [...possible, ...possible.map(entries => [...entries, LATER])]);
  return true;
}

test('with everyMs a killed process loses nothing, a power cut only the last appends', async () => {
  for (const kind of KINDS) {
    for (let operation = 1; operation <= 40; operation++) {
      const [disk, ledger] = [newDisk(operation), createLedger()];
      const { journal } = await openAt(disk.files, undefined, { everyMs: 1000 });
      disk.crashAt(disk.operations + operation, kind);
      const texts = Array.from({ length: 60 }, (_, index) => `entry ${index}`);
      let answered = 0;
      for (const text of texts) {
        if (
          await ledger.append(journal, [text]).then(
            () => false,
            () => true,
          )
        )
          break;
        answered += 1;
      }
      const entries = await openAndAppend(disk);
      expect(entries).toEqual(texts.slice(0, entries.length));
      if (kind === 'process') expect(entries.length).toBeGreaterThanOrEqual(answered);
    }
  }
});
