// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { multiplyOut } from './factored-matrix.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

function randomMatrix(rows: number, columns: number, seed: number): QuantizedMatrix {
  const random = createSeededRandom(seed);
  return {
    ...{ name: `m${seed}`, rows, columns },
    values: Int8Array.from({ length: rows * columns }, () => random.below(255) - 127),
    scales: Float32Array.from({ length: columns }, () => 0.001 + random.next() / 100),
  };
}

test('components are multiplied out to within half a step of each column, whatever is folded into the right side', async () => {
  const left = randomMatrix(9, 5, 1);
  const right = randomMatrix(5, 7, 2);
  for (let component = 0; component < 5; component++) right.values[component * 7 + 3] = 0;
  const made = await multiplyOut({ name: 'w', left, right, isMultipliedOut: true });
  expect(made).toMatchObject({ name: 'w', rows: 9, columns: 7 });
  const peaks = new Array<number>(7).fill(0);
  for (let row = 0; row < 9; row++) {
    for (let column = 0; column < 7; column++) {
      let sum = 0;
      for (let component = 0; component < 5; component++) {
        const weight = left.values[row * 5 + component]! * left.scales[component]!;
        sum += weight * right.values[component * 7 + column]! * right.scales[column]!;
      }
      const step = made.scales[column]!;
      expect(Math.abs(made.values[row * 7 + column]! * step - sum)).toBeLessThan(0.501 * step);
      peaks[column] = Math.max(peaks[column]!, Math.abs(made.values[row * 7 + column]!));
    }
  }
  expect(peaks).toEqual([127, 127, 127, 0, 127, 127, 127]);
});
