import { expect, test } from 'vitest';
import { createNewestValue } from './newest-value.ts';

test('a slow reader sees the newest value and never misses the last', async () => {
  const newest = createNewestValue<number>();
  const seen: number[] = [];
  newest.put(1);
  newest.put(2);
  for await (const value of newest) {
    seen.push(value);
    if (value === 2) {
      newest.put(3);
      newest.put(4);
      newest.close();
    }
  }
  expect(seen).toEqual([2, 4]);
});

test('a waiting reader is woken by a value and by the end', async () => {
  const newest = createNewestValue<string>();
  const reading = collect(newest);
  await Promise.resolve();
  newest.put('a');
  await new Promise(resolve => setImmediate(resolve));
  newest.put('b');
  newest.close();
  expect(await reading).toEqual(['a', 'b']);
});

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
