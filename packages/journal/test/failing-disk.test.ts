// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createMemoryDisk, type MemoryDisk, openJournal } from '../src/index.ts';
import { bytesOf, createLedger } from './ledger.ts';
import { FOLDER, openAt } from './life.ts';

const newDisk = (seed = 1): MemoryDisk => createMemoryDisk({ random: createSeededRandom(seed) });
const FILE = `${FOLDER}/0000000001.journal`;

async function rereadAfter(disk: MemoryDisk, kind: 'process' | 'power'): Promise<readonly string[]> {
  disk.crash(kind);
  const { journal, entries } = await openAt(disk.files);
  expect(journal.recovery.damaged).toEqual([]);
  return entries;
}

test('an append to a full disk adds nothing, and later ones work once there is room', async () => {
  for (let room = 0; room < 60; room++) {
    const disk = newDisk(room);
    const { journal } = await openAt(disk.files);
    await journal.append([bytesOf('before')]);
    disk.limit(disk.usedBytes + room);
    await expect(journal.append([bytesOf('too much'), bytesOf('x'.repeat(40))])).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: `cannot write 88 bytes to journal ${FILE} (ENOSPC): free space there`,
    });
    disk.limit(1000);
    await journal.append([bytesOf('after')]);
    expect(await rereadAfter(disk, 'power')).toEqual(['before', 'after']);
  }
});

test('a crash right after a full disk was answered brings nothing back', async () => {
  for (let seed = 0; seed < 50; seed++) {
    const disk = newDisk(seed);
    const { journal } = await openAt(disk.files);
    disk.limit(disk.usedBytes + 60);
    const fits = journal.append([bytesOf('would fit')]);
    const exceeds = journal.append([bytesOf('exceeds')]);
    await Promise.all(
      [fits, exceeds].map(append => expect(append).rejects.toMatchObject({ code: 'resource-exhausted' })),
    );
    expect(await rereadAfter(disk, 'power')).toEqual([]);
  }
});

test('a rewrite for which there is no room leaves the journal as it was', async () => {
  const disk = newDisk();
  const { journal } = await openAt(disk.files);
  await journal.append([bytesOf('kept')]);
  disk.limit(disk.usedBytes + 50);
  await expect(journal.rewrite([bytesOf('x'.repeat(100))])).rejects.toMatchObject({ code: 'resource-exhausted' });
  expect(disk.paths()).toEqual([FILE]);
  disk.failNext('rename', 'ENOSPC');
  await expect(journal.rewrite([])).rejects.toMatchObject({ code: 'resource-exhausted' });
  disk.limit(1000);
  await journal.append([bytesOf('added')]);
  expect(await rereadAfter(disk, 'power')).toEqual(['kept', 'added']);
});

test('a full disk does not keep a journal from being opened', async () => {
  const disk = newDisk();
  const { journal } = await openAt(disk.files);
  await journal.append([bytesOf('kept')]);
  disk.limit(disk.usedBytes);
  expect(await rereadAfter(disk, 'process')).toEqual(['kept']);
});

test('maxBytes holds for what is written and what waits, and a rewrite makes room', async () => {
  const disk = newDisk();
  const journal = await openJournal(
    { files: disk.files, clock: createVirtualClock() },
    { folder: FOLDER, maxBytes: 200 },
    () => undefined,
  );
  const entry = bytesOf('x'.repeat(44));
  const results = await Promise.allSettled([journal.append([entry]), journal.append([entry]), journal.append([entry])]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  const message = `journal ${FOLDER} would have 276 bytes, maxBytes is 200: rewrite it with fewer entries, or raise the limit`;
  await expect(journal.append([entry])).rejects.toMatchObject({ code: 'resource-exhausted', message });
  await expect(journal.rewrite([entry, entry, entry, entry])).rejects.toMatchObject({ code: 'resource-exhausted' });
  expect(journal.bytes).toBe(196);
  await journal.rewrite([]);
  await journal.append([entry]);
  expect(journal.bytes).toBe(116);
});

test('after an fsync that failed nothing is appended until a rewrite, and no answered entry is lost', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const [disk, ledger] = [newDisk(seed), createLedger()];
    const { journal } = await openAt(disk.files);
    await ledger.append(journal, ['safe']);
    disk.failNext('sync', 'EIO');
    const message = `fsync of journal ${FILE} failed (EIO): nothing is appended to that file any more, and what followed its first 76 bytes may be lost with the power: rewrite the journal, or open it again`;
    const refused = { code: 'data-loss', message };
    await expect(ledger.append(journal, ['doubtful'])).rejects.toMatchObject(refused);
    await expect(journal.append([bytesOf('refused')])).rejects.toMatchObject(refused);
    await ledger.rewrite(journal, ['safe', 'mended']);
    await ledger.append(journal, ['on again']);
    expect(await rereadAfter(disk, 'power')).toEqual(['safe', 'mended', 'on again']);
  }
});

test('a process that opens the file after that does not take the page cache for the disk', async () => {
  const disk = newDisk();
  const { journal } = await openAt(disk.files);
  await journal.append([bytesOf('safe')]);
  disk.failNext('sync', 'EIO');
  await expect(journal.append([bytesOf('doubtful')])).rejects.toMatchObject({ code: 'data-loss' });
  await journal[Symbol.asyncDispose]();
  const { journal: next, entries } = await openAt(disk.files);
  expect(entries).toEqual(['safe']);
  await next.append([bytesOf('next')]);
  expect(await rereadAfter(disk, 'power')).toEqual(['safe', 'next']);
});

test.each(['rename', 'sync-folder'] as const)(
  'a %s that fails in a rewrite closes the journal; a new opening finds the one or the other',
  async operation => {
    for (let seed = 0; seed < 20; seed++) {
      const [disk, ledger] = [newDisk(seed), createLedger()];
      const { journal } = await openAt(disk.files);
      await ledger.append(journal, ['old']);
      disk.failNext(operation, 'EIO');
      await expect(ledger.rewrite(journal, ['new'])).rejects.toMatchObject({ code: 'data-loss' });
      await expect(journal.append([bytesOf('refused')])).rejects.toMatchObject({ code: 'data-loss' });
      expect(ledger.possible()).toContainEqual(await rereadAfter(disk, 'power'));
    }
  },
);

test('with everyMs the disk follows in that time, and an fsync that fails then is told with the next append', async () => {
  const [disk, clock] = [newDisk(), createVirtualClock()];
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message) };
  const options = { folder: FOLDER, durability: { everyMs: 500 } };
  const journal = await openJournal({ files: disk.files, clock, logger }, options, () => undefined);
  await journal.append([bytesOf('one')]);
  await clock.advance(500);
  await journal.append([bytesOf('two')]);
  disk.failNext('sync', 'EIO');
  await clock.advance(500);
  expect(warnings).toEqual(['journal could not be put on the disk']);
  await expect(journal.append([bytesOf('three')])).rejects.toMatchObject({ code: 'data-loss' });
  expect(await rereadAfter(disk, 'power')).toEqual(['one']);
});

test('what it is asked for in vain says so', async () => {
  const disk = newDisk();
  const clock = createVirtualClock();
  const open = (options: object) =>
    openJournal({ files: disk.files, clock }, { folder: FOLDER, ...options }, () => undefined);
  const invalid = {
    code: 'invalid-argument',
    message: 'journal option maxBytes is 0: name a whole number from 1 to 1073741824',
  };
  await expect(open({ maxBytes: 0 })).rejects.toMatchObject(invalid);
  await expect(open({ durability: { everyMs: Number.NaN } })).rejects.toMatchObject({ code: 'invalid-argument' });
  const journal = await open({ maxEntryBytes: 3 });
  const tooLong = {
    code: 'invalid-argument',
    message: 'journal entry of 4 bytes exceeds maxEntryBytes 3: split it, or raise the limit',
  };
  await expect(journal.append([bytesOf('four')])).rejects.toMatchObject(tooLong);
  await expect(journal.rewrite([bytesOf('four')])).rejects.toMatchObject({ code: 'invalid-argument' });
  await journal.append([]);
  await journal[Symbol.asyncDispose]();
  await journal[Symbol.asyncDispose]();
  const closed = { code: 'failed-precondition', message: `journal ${FOLDER} is closed: open it again` };
  await expect(journal.append([bytesOf('x')])).rejects.toMatchObject(closed);
  await expect(journal.rewrite([])).rejects.toMatchObject(closed);
});

test('a reader that throws ends the opening and frees the folder', async () => {
  const disk = newDisk();
  const { journal } = await openAt(disk.files);
  await journal.append([bytesOf('one')]);
  await journal[Symbol.asyncDispose]();
  const collaborators = { files: disk.files, clock: createVirtualClock() };
  const fail = (): never => {
    throw new Error('not mine');
  };
  await expect(openJournal(collaborators, { folder: FOLDER }, fail)).rejects.toThrow('not mine');
  expect((await openAt(disk.files)).entries).toEqual(['one']);
});
