// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import type { NewItem, OutboxStore } from './index.ts';
import { type DurableStoreOptions, openDurableStore } from './open-durable-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const item = (change: Partial<NewItem> = {}): NewItem => ({
  ...{ to: { node: 'edge-1' }, kind: 'acme.note', payload: Uint8Array.of(1, 2, 3) },
  ...change,
});

function start(seed = 1): { readonly disk: MemoryDisk; readonly clock: VirtualClock } {
  return { disk: createMemoryDisk({ random: createSeededRandom(seed) }), clock: createVirtualClock() };
}

function open(disk: MemoryDisk, clock: VirtualClock, options: Partial<DurableStoreOptions> = {}): Promise<OutboxStore> {
  const random = createSeededRandom(7);
  return openDurableStore({ files: disk.files, clock, random }, { folder: '/store', ...options });
}

describe('a store', () => {
  test('gives after a power cut what its commits said, all of it', async () => {
    const { disk, clock } = start();
    const store = await open(disk, clock);
    const ids = await store.commit([
      { kind: 'put', item: item({ priority: 'background', supersedesKey: 'k', traceParent: 't' }) },
      { kind: 'put', item: item({ to: { capability: 'answer.finish' }, priority: 'urgent', timeToLiveMs: 5000 }) },
      { kind: 'set', table: 'request', key: 'r-1', value: Uint8Array.of(9) },
    ]);
    const before = store.entries();
    disk.crash('power');
    await using again = await open(disk, clock);
    expect(again.entries()).toEqual(before);
    expect(again.entries().map(entry => entry.id)).toEqual([ids[1], ids[0]]);
    expect([...again.records('request')]).toEqual([['r-1', Uint8Array.of(9)]]);
    expect(again.source).toBe(store.source);
  });

  test('makes all of a commit or nothing', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock, { maxItems: 1 });
    await store.commit([{ kind: 'set', table: 't', key: 'a', value: Uint8Array.of(1) }]);
    const tooMany = store.commit([
      { kind: 'delete', table: 't', key: 'a' },
      { kind: 'put', item: item() },
      { kind: 'put', item: item() },
    ]);
    await expect(tooMany).rejects.toMatchObject({ code: 'resource-exhausted' });
    expect(store.entries()).toEqual([]);
    expect(store.records('t').size).toBe(1);
    await store.commit([{ kind: 'put', item: item() }]);
    expect(store.entries()).toHaveLength(1);
  });

  test('lets items of lower priority give way, the lowest and oldest first, and no others', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock, { maxItems: 3 });
    const put = async (priority: NewItem['priority'] & string): Promise<string> =>
      (await store.commit([{ kind: 'put', item: item({ priority }) }]))[0]!;
    const [normal, oldest, younger] = [await put('normal'), await put('background'), await put('background')];
    const urgent = await put('urgent');
    expect(store.entries().map(entry => entry.id)).toEqual([urgent, normal, younger]);
    await expect(put('background')).rejects.toMatchObject({ code: 'resource-exhausted' });
    const second = await put('normal');
    expect(store.entries().map(entry => entry.id)).toEqual([urgent, normal, second]);
    await expect(put('normal')).rejects.toThrow('no room for normal item');
    expect(store.ended.evicted).toBe(2);
    expect(store.entries().map(entry => entry.id)).not.toContain(oldest);
  });

  test('keeps nothing of an item that a newer one supersedes', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock);
    await store.commit([{ kind: 'put', item: item({ supersedesKey: 'battery', priority: 'urgent' }) }]);
    const [id] = await store.commit([
      { kind: 'put', item: item({ supersedesKey: 'battery', payload: Uint8Array.of(5) }) },
    ]);
    expect(store.entries().map(entry => [entry.id, entry.payload])).toEqual([[id, Uint8Array.of(5)]]);
    expect(store.ended.superseded).toBe(1);
  });

  test('drops and counts what is older than its time to live', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock);
    await store.commit([{ kind: 'put', item: item({ timeToLiveMs: 1000 }) }]);
    await clock.advance(999);
    expect(store.entries()).toHaveLength(1);
    await clock.advance(1);
    expect(store.entries()).toEqual([]);
    await store.sending.sweep();
    expect(store.ended.expired).toBe(1);
    expect(store.bytes).toBe(0);
  });

  test('refuses records beyond their bound and lets none give way', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock, { recordLimits: { maxRecords: 1 } });
    const set = (key: string, value: number): Promise<unknown> =>
      store.commit([{ kind: 'set', table: 't', key, value: Uint8Array.of(value) }]);
    await set('a', 1);
    await set('a', 2);
    await expect(set('b', 1)).rejects.toThrow('delete old ones or raise recordLimits');
    expect([...store.records('t')]).toEqual([['a', Uint8Array.of(2)]]);
  });

  test('stays small on the disk however much passes through it', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock);
    for (let round = 0; round < 100; round++) {
      const [id] = await store.commit([{ kind: 'put', item: item({ payload: new Uint8Array(40_000) }) }]);
      await store.commit([{ kind: 'end', id: id!, how: 'dropped' }]);
    }
    expect(store.ended.dropped).toBe(100);
    expect(disk.usedBytes).toBeLessThan(700_000);
  });

  test('refuses items that no receiver would take, naming the field', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock);
    const put = (change: Partial<NewItem>): Promise<unknown> => store.commit([{ kind: 'put', item: item(change) }]);
    await expect(put({ to: { node: 'No Name' } })).rejects.toThrow('change.to must be the name of a node');
    await expect(put({ kind: '' })).rejects.toThrow('change.kind must be');
    await expect(put({ timeToLiveMs: 0.5 })).rejects.toThrow('change.timeToLiveMs must be');
    await expect(put({ payload: new Uint8Array(4 * 1024 * 1024 + 1) })).rejects.toThrow('split it');
  });
});

describe('the age of an item', () => {
  const ageAfter = async (offMs: number): Promise<readonly [number, boolean]> => {
    const { disk, clock } = start();
    const store = await open(disk, clock);
    await store.commit([{ kind: 'put', item: item({ timeToLiveMs: 3 * DAY_MS }) }]);
    await clock.advance(1000);
    await store[Symbol.asyncDispose]();
    const later = createVirtualClock({ startMs: 50, wallStartMs: Date.UTC(2026, 0, 1) + offMs });
    await using again = await open(disk, later);
    await later.advance(500);
    const [entry] = again.entries();
    return [entry!.ageMs, entry!.ageUncertain];
  };

  test('goes on over a restart by the wall clock', async () => {
    expect(await ageAfter(HOUR_MS)).toEqual([HOUR_MS + 500, false]);
  });

  test('is a lower bound once the clock was set back a year, or jumped by more than a day', async () => {
    expect(await ageAfter(-365 * DAY_MS)).toEqual([500, true]);
    expect(await ageAfter(DAY_MS + 1)).toEqual([500, true]);
  });

  test('stays uncertain over later restarts, whatever the clock says then', async () => {
    const { disk, clock } = start();
    const store = await open(disk, clock);
    await store.commit([{ kind: 'put', item: item() }]);
    await store[Symbol.asyncDispose]();
    const wallStartMs = Date.UTC(2020, 0, 1);
    const second = await open(disk, createVirtualClock({ wallStartMs }));
    await second.commit([{ kind: 'put', item: item() }]);
    await second[Symbol.asyncDispose]();
    await using third = await open(disk, createVirtualClock({ wallStartMs: wallStartMs + 1 }));
    expect(third.entries().map(entry => entry.ageUncertain)).toEqual([true, false]);
  });
});

describe('a disk that fails', () => {
  test('full: the commit is refused with a remedy, later ones succeed once there is room', async () => {
    const { disk, clock } = start();
    await using store = await open(disk, clock);
    const [id] = await store.commit([{ kind: 'put', item: item({ payload: new Uint8Array(1000) }) }]);
    disk.limit(disk.usedBytes + 100);
    const full = store.commit([{ kind: 'put', item: item({ payload: new Uint8Array(1000) }) }]);
    await expect(full).rejects.toMatchObject({ code: 'resource-exhausted' });
    expect(store.entries().map(entry => entry.id)).toEqual([id]);
    disk.limit(1e6);
    await store.commit([{ kind: 'put', item: item() }]);
    expect(store.entries()).toHaveLength(2);
  });

  test('an fsync that fails costs no commit: the journal is written anew', async () => {
    const { disk, clock } = start();
    const store = await open(disk, clock);
    disk.failNext('sync', 'EIO');
    await store.commit([{ kind: 'put', item: item() }]);
    disk.crash('power');
    await using again = await open(disk, clock);
    expect(again.entries()).toHaveLength(1);
  });
});

test('a listener that throws makes no commit happen twice and keeps no other listener from hearing of it', async () => {
  const { disk, clock } = start();
  await using store = await open(disk, clock);
  let heard = 0;
  store.onCommit(() => {
    throw new Error('a listener broke');
  });
  store.onCommit(() => {
    heard += 1;
  });
  const ids = await store.commit([{ kind: 'put', item: item() }]);
  expect(store.entries().map(entry => entry.id)).toEqual(ids);
  expect(heard).toBe(1);
});
