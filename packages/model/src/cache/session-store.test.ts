// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { createBufferPool } from './buffer-pool.ts';
import { createRowStore } from './row-store.ts';
import { createSessionStore } from './session-store.ts';

function fake(id: string): { id: string; bytes: number; released: number; release(): void } {
  const session = { id, bytes: 1, released: 0, release: () => void session.released++ };
  return session;
}

test('a session in use is never dropped, whatever it grows to', async () => {
  const store = createSessionStore({ maxBytes: 10, maxSessions: 5 });
  const growing = fake('growing');
  store.put(growing);
  await store.using('growing', async () => {
    growing.bytes = 100;
    store.put(fake('other'));
    expect(store.size).toBe(2);
  });
  expect(store.evicted).toBe(1);
  await expect(store.using('growing', async () => undefined)).rejects.toMatchObject({ code: 'not-found' });
});

test('bytes follow what sessions grow to and what goes', async () => {
  const store = createSessionStore({ maxBytes: 1000, maxSessions: 5 });
  const sessions = ['a', 'b', 'a'].map(fake);
  for (const session of sessions) store.put(session);
  expect(store.bytes).toBe(2);
  await store.using('a', async session => {
    (session as ReturnType<typeof fake>).bytes = 40;
  });
  expect(store.bytes).toBe(41);
  await store.using('b', async () => store.put(fake('b')));
  expect(store.bytes).toBe(41);
  store.remove('a');
  store.remove('a');
  expect(store.bytes).toBe(1);
});

test('the number of sessions is bounded too', () => {
  const store = createSessionStore({ maxBytes: 1000, maxSessions: 2 });
  for (const id of ['a', 'b', 'c']) store.put(fake(id));
  expect([store.size, store.evicted]).toEqual([2, 1]);
});

test('rows survive growth, are replaced in place and cropped without copying', () => {
  const rows = createRowStore(createBufferPool({ maxBytes: 0 }), { width: 2, maxRows: 100 });
  for (let position = 0; position < 100; position++) rows.append(Float32Array.of(9, 9, position, -position), 2, 1);
  expect([...rows.view(70, 72)]).toEqual([70, -70, 71, -71]);
  rows.write(70, Float32Array.of(5, 6, 7, 7), { start: 0, count: 1 });
  const { bytes } = rows;
  rows.crop(71);
  expect([...rows.view(70, 71)]).toEqual([5, 6]);
  expect(rows.length).toBe(71);
  expect(rows.bytes).toBe(bytes);
  rows.append(Float32Array.of(8, 9), 0, 1);
  expect([...rows.view(70, 72)]).toEqual([5, 6, 8, 9]);
});

test('rows beyond the context are refused with the limit', () => {
  const rows = createRowStore(createBufferPool({ maxBytes: 0 }), { width: 1, maxRows: 3 });
  expect(() => rows.append(new Float32Array(4), 0, 4)).toThrow("4 positions exceed the family's context of 3");
});

test('a session is released once when it is dropped, replaced or removed', () => {
  const store = createSessionStore({ maxBytes: 1000, maxSessions: 1 });
  const sessions = ['a', 'b', 'b'].map(fake);
  for (const session of sessions) store.put(session);
  store.remove('b');
  expect(sessions.map(session => session.released)).toEqual([1, 1, 1]);
});

test('a released buffer serves the next store of its size, within the bound', () => {
  const pool = createBufferPool({ maxBytes: 64 * 2 * 4 });
  const stores = [0, 1].map(() => createRowStore(pool, { width: 2, maxRows: 100 }));
  for (const rows of stores) rows.append(Float32Array.of(1, 2), 0, 1);
  const [kept, dropped] = stores.map(rows => rows.view(0, 1).buffer);
  for (const rows of stores) rows.release();
  const next = [0, 1].map(() => pool.take(128).buffer);
  expect(next[0]).toBe(kept);
  expect(next[1]).not.toBe(dropped);
  expect(stores[0]!.length).toBe(0);
});
