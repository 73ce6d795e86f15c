// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, encodeHeader, HEADER_BYTES } from './journal-format.ts';
import { type Scan, scanJournal } from './scan-journal.ts';

const ID = Buffer.alloc(16, 7);
const units = fc.array(fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 4 }), { maxLength: 8 });

/** A file in which every frame states what is before it as safe, and where its frames begin. */
function fileOf(list: readonly (readonly Uint8Array[])[]): { file: Buffer; starts: number[] } {
  let file = encodeHeader(ID, 3);
  const starts: number[] = [];
  for (const unit of list) {
    starts.push(file.length);
    file = Buffer.concat([file, encodeFrame(unit, { id: ID, offset: file.length, safeBytes: file.length })]);
  }
  return { file, starts };
}

function scan(file: Buffer): Scan {
  const result = scanJournal(file);
  if (result.kind !== 'journal') throw new Error(result.kind);
  return result;
}

const entriesOf = (result: Scan): number[][][] => result.frames.map(({ entries }) => entries.map(entry => [...entry]));
const plain = (list: readonly (readonly Uint8Array[])[]): number[][][] =>
  list.map(unit => unit.map(entry => [...entry]));

test('what was written is read, unit by unit', () => {
  fc.assert(
    fc.property(units, list => {
      const { file } = fileOf(list);
      expect(scan(file)).toMatchObject({ id: ID, generation: 3, damaged: [], end: file.length });
      expect(entriesOf(scan(file))).toEqual(plain(list));
    }),
  );
});

test('a file cut anywhere behind its header holds the units before the cut', () => {
  fc.assert(
    fc.property(units, fc.nat(), (list, cut) => {
      const { file, starts } = fileOf(list);
      const length = HEADER_BYTES + (cut % (file.length - HEADER_BYTES + 1));
      const ends = [...starts.slice(1), file.length];
      const whole = ends.filter(end => end <= length && starts.length > 0).length;
      const result = scan(file.subarray(0, length));
      expect(entriesOf(result)).toEqual(plain(list.slice(0, whole)));
      expect(result.damaged).toEqual([]);
      expect(result.end).toBe(whole === 0 ? HEADER_BYTES : ends[whole - 1]);
    }),
  );
});

test('damage anywhere takes the units it touches, and is reported unless it is the end', () => {
  fc.assert(
    fc.property(units, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }), (list, place, noise) => {
      const { file, starts } = fileOf(list);
      const from = HEADER_BYTES + (place % Math.max(1, file.length - HEADER_BYTES));
      const damaged = Buffer.from(file);
      damaged.set(noise.subarray(0, Math.max(0, file.length - from)), from);
      const result = scan(damaged);
      const isWhole = (index: number): boolean => {
        const [start, end] = [starts[index] ?? 0, starts[index + 1] ?? file.length];
        return damaged.subarray(start, end).equals(file.subarray(start, end));
      };
      const kept = list.filter((_, index) => isWhole(index));
      expect(entriesOf(result)).toEqual(plain(kept));
      const lost = result.damaged.reduce((sum, gap) => sum + gap.bytes, 0) + file.length - result.end;
      expect(lost).toBe(
        file.length - HEADER_BYTES - result.frames.reduce((sum, { offset, end }) => sum + end - offset, 0),
      );
    }),
  );
});

test('no bytes whatever make it throw or read what is no journal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const result = scanJournal(Buffer.from(bytes));
      expect(result.kind).toBe(bytes.length < HEADER_BYTES ? 'short' : 'foreign');
    }),
  );
});

test('a frame inside of an entry is not taken for one, also where the entry around it is damaged', () => {
  const { file: inner } = fileOf([[Buffer.from('never appended here')]]);
  const { file, starts } = fileOf([[Buffer.from('first')], [inner, inner], [Buffer.from('last')]]);
  const damaged = Buffer.from(file);
  damaged.writeUInt8(0, (starts[1] ?? 0) + 1);
  expect(scan(damaged).frames.map(({ entries }) => String(entries))).toEqual(['first', 'last']);
});

test('what follows a gap that no frame states as safe was torn with it', () => {
  const first = encodeFrame([Buffer.from('safe')], { id: ID, offset: HEADER_BYTES, safeBytes: HEADER_BYTES });
  const safeBytes = HEADER_BYTES + first.length;
  const lost = encodeFrame([Buffer.from('lost')], { id: ID, offset: safeBytes, safeBytes });
  const behind = encodeFrame([Buffer.from('behind')], { id: ID, offset: safeBytes + lost.length, safeBytes });
  const result = scan(Buffer.concat([encodeHeader(ID, 1), first, Buffer.alloc(lost.length), behind]));
  expect(entriesOf(result)).toEqual(plain([[Buffer.from('safe')]]));
  expect(result).toMatchObject({ damaged: [], end: safeBytes });
});
