// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSafetensors } from '../../test/random-family.ts';
import { findTensor, floatValues, integerValues, readSafetensors } from './safetensors.ts';

const file = encodeSafetensors({
  odd: { values: Int8Array.of(-127, 0, 127), shape: [3] },
  scales: { values: Float32Array.of(0.5, -2), shape: [2, 1] },
});

test('reads values as they were written, aligned or not', () => {
  const tensors = readSafetensors(file, 'f');
  expect([...integerValues(findTensor(tensors, 'odd', { type: 'I8', shape: [3] }))]).toEqual([-127, 0, 127]);
  expect([...floatValues(findTensor(tensors, 'scales', { type: 'F32', shape: [2, 1] }))]).toEqual([0.5, -2]);
});

test('a tensor of another shape or type is refused with both', () => {
  const tensors = readSafetensors(file, 'f');
  expect(() => findTensor(tensors, 'odd', { type: 'I8', shape: [4] })).toThrow('tensor odd is I8 [3], expected I8 [4]');
  expect(() => findTensor(tensors, 'gone', { type: 'F32', shape: [1] })).toThrow(
    'tensor gone is missing, expected F32',
  );
});

describe('damaged files', () => {
  test('every truncation is refused as data-loss', () => {
    for (let length = 0; length < file.byteLength; length++) {
      expect(() => readSafetensors(file.subarray(0, length), 'cut'), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'data-loss' }),
      );
    }
  });

  test('any changed bytes give tensors within the file or an error of ours', () => {
    const change = fc.array(fc.tuple(fc.nat(file.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(change, changes => {
        const damaged = Uint8Array.from(file);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          for (const tensor of readSafetensors(damaged, 'd').values()) {
            expect(tensor.bytes.byteLength).toBeLessThanOrEqual(damaged.byteLength);
          }
        } catch (error) {
          expect(AiflowError.is(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a header that states more than the file holds is refused before it is read', () => {
    const huge = Uint8Array.from(file);
    new DataView(huge.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(() => readSafetensors(huge, 'huge')).toThrow('states a header of 1152921504606846976 bytes');
  });
});
