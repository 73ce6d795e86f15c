// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createRowStore } from './row-store.ts';
import { createSessionStore } from './session-store.ts';

test('a session in use is never dropped, whatever it grows to', async () => {
  const store = createSessionStore({ maxBytes: 10, maxSessions: 5 });
  const growing = { id: 'growing', bytes: 1 };
  store.put(growing);
  await store.using('growing', async () => {
    growing.bytes = 100;
    store.put({ id: 'other', bytes: 1 });
    expect(store.size).toBe(2);
  });
  expect(store.evicted).toBe(1);
  await expect(store.using('growing', async () => undefined)).rejects.toMatchObject({ code: 'not-found' });
});

test('the number of sessions is bounded too', () => {
  const store = createSessionStore({ maxBytes: 1000, maxSessions: 2 });
  for (const id of ['a', 'b', 'c']) store.put({ id, bytes: 1 });
  expect([store.size, store.evicted]).toEqual([2, 1]);
});

test('rows survive growth, are replaced in place and cropped without copying', () => {
  const rows = createRowStore({ width: 2, maxRows: 100 });
  for (let position = 0; position < 100; position++) rows.append(Float32Array.of(9, 9, position, -position), 2, 1);
  expect([...rows.view(70, 72)]).toEqual([70, -70, 71, -71]);
  rows.replace(70, Float32Array.of(5, 6, 7, 7), 0);
  const { bytes } = rows;
  rows.crop(71);
  expect([...rows.view(70, 71)]).toEqual([5, 6]);
  expect(rows.length).toBe(71);
  expect(rows.bytes).toBe(bytes);
  rows.append(Float32Array.of(8, 9), 0, 1);
  expect([...rows.view(70, 72)]).toEqual([5, 6, 8, 9]);
});

test('rows beyond the context are refused with the limit', () => {
  const rows = createRowStore({ width: 1, maxRows: 3 });
  expect(() => rows.append(new Float32Array(4), 0, 4)).toThrow("4 positions exceed the family's context of 3");
});
