// SPDX-License-Identifier: Apache-2.0
import { checksumOf, createRowCodec } from '@aiflow/codec';

const hidden = Float32Array.from({ length: 2 * 384 }, (_, index) => Math.sin(index));
const shape = { rows: 2, width: 384 };

const codec = createRowCodec('int8');
const sent = codec.encode(hidden, shape); // 768 bytes and two scales
const checksum = checksumOf(sent);

if (checksumOf(sent) !== checksum) throw new Error('damaged on the way');
const received = codec.decode(sent, shape);
export const worst: number = Math.max(...received.map((value, index) => Math.abs(value - (hidden[index] ?? 0))));
