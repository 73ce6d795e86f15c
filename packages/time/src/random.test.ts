import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeededRandom } from './index.ts';

test('the same seed gives the same values, another seed gives others', () => {
  const draw = (seed: number | string): number[] => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 8 }, () => random.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw('seven')).toEqual(draw('seven'));
  expect(draw(7)).not.toEqual(draw(8));
});

test('values stay in range for every seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (seed, bound) => {
      const random = createSeededRandom(seed);
      const value = random.next();
      const integer = random.below(bound);
      return value >= 0 && value < 1 && Number.isInteger(integer) && integer >= 0 && integer < bound;
    }),
  );
});

test('draws are spread evenly: ten buckets of 10,000 draws each hold 8 to 12 %', () => {
  const random = createSeededRandom(1);
  const buckets = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) buckets[random.below(10)]! += 1;
  for (const count of buckets) {
    expect(count).toBeGreaterThan(800);
    expect(count).toBeLessThan(1200);
  }
});

test('a fork depends on seed and label, not on what was drawn before', () => {
  const fresh = createSeededRandom(3);
  const used = createSeededRandom(3);
  used.next();
  expect(fresh.fork('link').next()).toBe(used.fork('link').next());
  expect(fresh.fork('link').next()).not.toBe(fresh.fork('mailbox').next());
});
