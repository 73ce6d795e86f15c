// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChurnMap } from './churn-map.ts';

test('does what a Map does, whatever comes and goes', () => {
  const key = fc.integer({ min: 0, max: 300 }).map(number => `node/boot.${number.toString(36)}`);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
    fc.record({ kind: fc.constant('delete' as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 800 }), steps => {
      const map = createChurnMap<number>();
      const model = new Map<string, number>();
      for (const taken of steps) {
        if (taken.kind === 'set') {
          map.set(taken.key, taken.value);
          model.set(taken.key, taken.value);
        } else {
          expect(map.delete(taken.key)).toBe(model.delete(taken.key));
        }
        expect(map.get(taken.key)).toBe(model.get(taken.key));
      }
      expect(map.size).toBe(model.size);
      for (const [held, value] of model) expect(map.get(held)).toBe(value);
      expect([...map.values()].sort()).toEqual([...model.values()].sort());
    }),
  );
});

test('keys of one chain are told apart and removed one by one', () => {
  const map = createChurnMap<number>();
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`); // chains of several, over four growths
  for (const [index, key] of keys.entries()) map.set(key, index);
  for (const [index, key] of keys.entries()) {
    expect(map.get(key)).toBe(index);
    expect(map.delete(key)).toBe(true);
    expect(map.get(key)).toBeUndefined();
  }
  expect(map.size).toBe(0);
});
