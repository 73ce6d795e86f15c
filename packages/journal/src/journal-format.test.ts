// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodeFrame, encodeHeader, FORMAT_VERSION, readFrame, readHeader } from './journal-format.ts';
import { scanJournal } from './scan-journal.ts';

const ID = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

test('the bytes of version 1 stay as they are', () => {
  expect(FORMAT_VERSION).toBe(1);
  expect(encodeHeader(ID, 2).toString('hex')).toMatchInlineSnapshot(
    `"8961666a0d0a1a0a0100000002000000000102030405060708090a0b0c0d0e0fdc7d3075"`,
  );
  const frame = encodeFrame([Buffer.from('hi'), Buffer.alloc(0)], { id: ID, offset: 36, safeBytes: 36 });
  expect(frame.toString('hex')).toMatchInlineSnapshot(
    `"a746521e0a00000024000000000102030405060708090a0b0c0d0e0f340d221402000000686900000000"`,
  );
});

test('a header of a later version is told from a damaged one', () => {
  const header = encodeHeader(ID, 1);
  header.writeUInt32LE(2, 8);
  expect(readHeader(header).kind).toBe('damaged');
  header.writeUInt32LE(crc32(header.subarray(0, 32)), 32);
  expect(scanJournal(header)).toEqual({ kind: 'other-version', version: 2 });
});

test('a frame is none at another offset, nor in another journal', () => {
  const frame = encodeFrame([Buffer.from('entry')], { id: ID, offset: 36, safeBytes: 36 });
  expect(readFrame(Buffer.concat([Buffer.alloc(36), frame]), 36, ID)?.entries.map(String)).toEqual(['entry']);
  expect(readFrame(Buffer.concat([Buffer.alloc(37), frame]), 37, ID)).toBeUndefined();
  expect(readFrame(Buffer.concat([Buffer.alloc(36), frame]), 36, Buffer.alloc(16))).toBeUndefined();
});
