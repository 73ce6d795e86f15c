// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checksumOf, createRowCodec, WIRE_FORMATS } from './index.ts';

const ROWS = Float32Array.of(
  ...[0, -0, 1, -1, 0.1, -0.333333, 65_504, 2 ** -24],
  ...[3.25, -2.875, 1e-3, -1e-3, 127, -127, 0.5, 1000],
  ...[0, 0, 0, 0, 0, 0, 0, 0],
);

test.each(WIRE_FORMATS)('%s rows are their golden bytes', async format => {
  const encoded = createRowCodec(format).encode(ROWS, { rows: 3, width: 8 });
  const scales = Buffer.from(encoded.scales.buffer, encoded.scales.byteOffset, encoded.scales.byteLength);
  const lines = [
    Buffer.from(encoded.payload).toString('hex'),
    scales.toString('hex'),
    checksumOf(encoded).toString(16).padStart(8, '0'),
  ];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
    join(import.meta.dirname, `../testdata/rows-${format}.hex`),
  );
});
