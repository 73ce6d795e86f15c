// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { createWireWriter } from './wire.ts';

test('what it writes is read back by a protocol-buffers reader', () => {
  const bytes = createWireWriter()
    .uint32((1 << 3) | 0)
    .int64(-3)
    .uint32((2 << 3) | 2)
    .fork()
    .uint32((1 << 3) | 2)
    .string('Gewicht')
    .ldelim()
    .uint32((3 << 3) | 5)
    .float(0.5)
    .uint32((4 << 3) | 1)
    .double(0.1)
    .uint32((5 << 3) | 2)
    .bytes(new Uint8Array(300).fill(7))
    .uint32((6 << 3) | 0)
    .int64(Number.MAX_SAFE_INTEGER)
    .finish();
  const reader = protobuf.Reader.create(bytes);
  expect([reader.uint32(), Number(reader.int64())]).toEqual([8, -3]);
  expect([reader.uint32(), reader.uint32(), reader.uint32(), reader.string()]).toEqual([18, 9, 10, 'Gewicht']);
  expect([reader.uint32(), reader.float(), reader.uint32(), reader.double()]).toEqual([29, 0.5, 33, 0.1]);
  expect([reader.uint32(), reader.bytes().byteLength]).toEqual([42, 300]);
  expect([reader.uint32(), Number(reader.int64())]).toEqual([48, Number.MAX_SAFE_INTEGER]);
  expect(reader.pos).toBe(bytes.byteLength);
});
