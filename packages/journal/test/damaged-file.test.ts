// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createMemoryDisk, type JournalRecovery, type MemoryDisk } from '../src/index.ts';
import { bytesOf } from './ledger.ts';
import { FOLDER, openAt } from './life.ts';

const FILE = `${FOLDER}/0000000001.journal`;
const UNITS = [['one'], ['two', 'three'], ['four'], ['five', '']];
const ALL = UNITS.flat();

/** A small journal as a process that was killed leaves it, or as one that closed it. */
async function leave(isClosed: boolean): Promise<Uint8Array> {
  const disk = createMemoryDisk({ random: createSeededRandom(1) });
  const { journal } = await openAt(disk.files);
  for (const unit of UNITS) await journal.append(unit.map(bytesOf));
  if (isClosed) await journal[Symbol.asyncDispose]();
  return disk.contents(FILE);
}

function diskWith(contents: Uint8Array, path = FILE): MemoryDisk {
  const disk = createMemoryDisk({ random: createSeededRandom(1) });
  disk.replace(path, contents);
  return disk;
}

type Outcome = { readonly entries: readonly string[]; readonly recovery: JournalRecovery; readonly id: string };

/** Opens, and checks that appends work and that a second opening finds the same and nothing more to mend. */
async function outcomeOf(disk: MemoryDisk): Promise<Outcome> {
  const { journal, entries } = await openAt(disk.files);
  await journal.append([bytesOf('later')]);
  await journal[Symbol.asyncDispose]();
  const again = await openAt(disk.files);
  expect(again.entries).toEqual([...entries, 'later']);
  expect(again.journal.recovery).toMatchObject({ tornBytes: 0, damaged: [] });
  expect(again.journal.id).toBe(journal.id);
  return { entries, recovery: journal.recovery, id: journal.id };
}

test('cut at any byte, it holds the units before the cut, or is refused while its header is not whole', async () => {
  const file = await leave(false);
  for (let length = 0; length < file.length; length++) {
    const disk = diskWith(file.slice(0, length));
    if (length < 36) {
      const message = `journal ${FILE} has ${length} bytes, its header alone has 36: put back what was there, or move it away to start with an empty journal`;
      await expect(openAt(disk.files)).rejects.toMatchObject({ code: 'data-loss', message });
      expect(disk.contents(FILE)).toEqual(file.slice(0, length));
      expect(disk.paths()).toEqual([FILE]);
      continue;
    }
    const { entries, recovery } = await outcomeOf(disk);
    const counts = [0, 1, 3, 4];
    expect(counts).toContain(entries.length);
    expect(entries).toEqual(ALL.slice(0, entries.length));
    expect(recovery.damaged).toEqual([]);
  }
});

test.each([
  ['a closed', true],
  ['an abandoned', false],
])('any byte of %s journal changed takes the unit it is in, and is reported', async (_, isClosed) => {
  const file = await leave(isClosed);
  const id = Buffer.from(file.slice(16, 32)).toString('hex');
  for (let at = 0; at < file.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = file.map((byte, index) => (index === at ? byte ^ mask : byte));
      const disk = diskWith(changed);
      const { entries, recovery, id: found } = await outcomeOf(disk);
      expect(found).toBe(id);
      const lost = UNITS.filter(unit => !unit.every(entry => entries.includes(entry)));
      expect(entries).toEqual(UNITS.filter(unit => !lost.includes(unit)).flat());
      expect(lost.length).toBeLessThanOrEqual(1);
      const [range] = recovery.damaged;
      if (range === undefined) {
        expect(recovery.tornBytes).toBeGreaterThan(0);
        expect(isClosed ? lost : []).toEqual([]);
        continue;
      }
      expect(at).toBeGreaterThanOrEqual(range.offset);
      expect(at).toBeLessThan(range.offset + range.bytes);
      expect(recovery.damaged.length).toBe(1);
      expect(disk.contents(range.file)).toEqual(changed);
    }
  }
});

test('a header whose block reads as zeros costs no entry, and the id is known from the frames', async () => {
  const file = await leave(true);
  const { entries, recovery, id } = await outcomeOf(diskWith(file.map((byte, at) => (at < 36 ? 0 : byte))));
  expect(entries).toEqual(ALL);
  expect(recovery.damaged).toEqual([{ file: `${FILE}.damaged`, offset: 0, bytes: 36 }]);
  expect(id).toBe(Buffer.from(file.slice(16, 32)).toString('hex'));
});

test('damage after damage keeps the last damaged file alone', async () => {
  const disk = diskWith((await leave(true)).map((byte, at) => (at === 70 ? byte ^ 1 : byte)));
  await outcomeOf(disk);
  expect(disk.paths()).toEqual([`${FILE}.damaged`, `${FOLDER}/0000000002.journal`]);
  disk.crash('process');
  const second = `${FOLDER}/0000000002.journal`;
  disk.replace(
    second,
    disk.contents(second).map((byte, at) => (at === 70 ? byte ^ 1 : byte)),
  );
  await outcomeOf(disk);
  expect(disk.paths()).toEqual([`${second}.damaged`, `${FOLDER}/0000000003.journal`]);
});

test('a file of another program is refused and stays as it is', async () => {
  const disk = diskWith(bytesOf('a letter that somebody keeps in this folder, under this name'));
  const message = `${FILE} is no journal, it begins as another file does: put back what was there, or move it away to start with an empty journal`;
  await expect(openAt(disk.files)).rejects.toMatchObject({ code: 'data-loss', message, details: { file: FILE } });
  expect(Buffer.from(disk.contents(FILE)).toString()).toMatch(/^a letter .* name$/);
});

test('a journal that a later build wrote is refused and stays as it is', async () => {
  const later = Buffer.from(await leave(true));
  later.writeUInt32LE(2, 8);
  later.writeUInt32LE(crc32(later.subarray(0, 32)), 32);
  const disk = diskWith(later);
  const message = `journal ${FILE} has format version 2, this build reads 1: start the build that wrote it, or move it away to start with an empty journal`;
  await expect(openAt(disk.files)).rejects.toMatchObject({ code: 'failed-precondition', message });
  expect(disk.paths()).toEqual([FILE]);
  expect(Buffer.from(disk.contents(FILE))).toEqual(later);
});

test('a journal under the name of another generation is refused', async () => {
  const disk = diskWith(await leave(true), `${FOLDER}/0000000007.journal`);
  const message = `journal ${FOLDER}/0000000007.journal was renamed, its header says generation 1: name it 0000000001.journal`;
  await expect(openAt(disk.files)).rejects.toMatchObject({ code: 'failed-precondition', message });
});

test('files of other names in the folder are let be', async () => {
  const disk = diskWith(bytesOf('notes'), `${FOLDER}/notes.txt`);
  const { journal } = await openAt(disk.files);
  await journal[Symbol.asyncDispose]();
  expect(disk.paths()).toEqual([FILE, `${FOLDER}/notes.txt`]);
});
