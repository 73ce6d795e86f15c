// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import { createSeededRandom, sleep } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import type { Change, ItemHandler, OutboxStore } from '../src/index.ts';
import { createOutboxFleet, type OutboxFleet } from './outbox-fleet.ts';

function noteHandler(store: () => OutboxStore): ItemHandler {
  return {
    kind: 'note',
    receive: ({ payload }) => {
      const key = Buffer.from(payload).toString().trim();
      const before = store().records('seen').get(key)?.[0] ?? 0;
      return [{ kind: 'set', table: 'seen', key, value: Uint8Array.of(before + 1) }];
    },
  };
}

const note = (label: string, change: object = {}): Change => ({
  kind: 'put',
  item: { to: { node: 'edge-1' }, kind: 'note', payload: Buffer.from(label), ...change },
});

const seen = (fleet: OutboxFleet): Readonly<Record<string, number>> =>
  Object.fromEntries([...fleet.life('edge-1').store.records('seen')].map(([key, value]) => [key, value[0] ?? 0]));

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = createMemoryDisk({ random: createSeededRandom(99) });
  for (const path of disk.paths()) if (path.endsWith('.journal')) copy.replace(path, disk.contents(path));
  return copy;
}

describe('a disk', () => {
  test('that was copied to another node costs no item and doubles none: the copy takes another name', async () => {
    const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)] });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    await fleet.life('device-1').store.commit([note('before')]);
    await fleet.clock.advance(1500);
    fleet.cut('device-1', 'edge-1');
    await fleet.life('device-1').store.commit([note('in both')]);
    await fleet.start('device-2', copyOf(fleet.nodes.get('device-1')!.disk));
    const [one, two] = [fleet.life('device-1').store, fleet.life('device-2').store];
    expect(two.source).toBe(one.source);
    for (let index = 0; index < 5; index++) await two.commit([note(`second ${index}`)]);
    await fleet.clock.advance(3000);
    for (let index = 0; index < 9; index++) await one.commit([note(`first ${index}`)]);
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(60_000);
    const labels = ['before', 'in both'];
    for (let index = 0; index < 5; index++) labels.push(`second ${index}`);
    for (let index = 0; index < 9; index++) labels.push(`first ${index}`);
    expect(seen(fleet)).toEqual(Object.fromEntries(labels.map(label => [label, 1])));
    expect([one.entries(), two.entries()]).toEqual([[], []]);
    expect(one.source).not.toBe(two.source);
    await fleet.stop();
  });

  test('that was put back to an older state costs none of the items put in since', async () => {
    const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)] });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    await fleet.life('device-1').store.commit([note('early')]);
    await fleet.clock.advance(1500);
    const backup = copyOf(fleet.nodes.get('device-1')!.disk);
    for (const label of ['a', 'b', 'c', 'd']) {
      await fleet.life('device-1').store.commit([note(label)]);
      await fleet.clock.advance(500); // each is settled before the next, so the floor rises
    }
    fleet.kill('device-1', 'process');
    await fleet.start('device-1', backup);
    await fleet.life('device-1').store.commit([note('x'), note('y'), note('z')]);
    await fleet.clock.advance(10_000);
    const labels = ['early', 'a', 'b', 'c', 'd', 'x', 'y', 'z'];
    expect(seen(fleet)).toEqual(Object.fromEntries(labels.map(label => [label, 1])));
    await fleet.stop();
  });

  test('of the receiver that is wiped loses what it acknowledged, and takes what comes then', async () => {
    const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)] });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    const { store } = fleet.life('device-1');
    await store.commit([note('forgotten')]);
    await fleet.clock.advance(1500);
    expect(store.ended.delivered).toBe(1);
    fleet.kill('edge-1', 'power');
    await fleet.start('edge-1', createMemoryDisk({ random: createSeededRandom(5) }));
    await store.commit([note('later')]);
    await fleet.clock.advance(5000);
    expect(seen(fleet)).toEqual({ later: 1 });
    expect(store.entries()).toEqual([]);
    await fleet.stop();
  });

  test('of the receiver that is full makes the sender wait, and costs nothing', async () => {
    const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)] });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    const { disk } = fleet.nodes.get('edge-1')!;
    disk.limit(disk.usedBytes + 10);
    const { store } = fleet.life('device-1');
    await store.commit([note('a'), note('b')]);
    await fleet.clock.advance(60_000);
    expect(store.entries().map(entry => entry.lastError)).toContainEqual(expect.stringContaining('resource-exhausted'));
    disk.limit(Number.POSITIVE_INFINITY);
    await fleet.clock.advance(120_000);
    expect(seen(fleet)).toEqual({ a: 1, b: 1 });
    await fleet.stop();
  });
});

describe('many', () => {
  test('fifty senders that come at once are spread, held to what the inbox takes, and all heard', async () => {
    const [senders, notes] = [50, 10];
    const arrivals: number[] = [];
    let [atWork, most] = [0, 0];
    const fleet: OutboxFleet = createOutboxFleet({
      handlers: (_node, store) => [
        {
          kind: 'note',
          receive: async item => {
            arrivals.push(fleet.clock.nowMs());
            most = Math.max(most, ++atWork);
            await sleep(fleet.clock, 20);
            atWork -= 1;
            return noteHandler(store).receive(item);
          },
        },
      ],
      inbox: { concurrency: 4, mailboxCapacity: 8 },
    });
    await fleet.start('edge-1');
    const names = Array.from({ length: senders }, (_, index) => `device-${index}`);
    for (const name of names) {
      fleet.cut(name, 'edge-1');
      await fleet.start(name);
      const puts = Array.from({ length: notes }, (_, index) => note(`${name} ${index}`));
      await fleet.life(name).store.commit(puts);
    }
    const backMs = fleet.clock.nowMs();
    for (const name of names) fleet.heal(name, 'edge-1');
    await fleet.clock.advance(600_000);
    expect(Object.values(seen(fleet))).toEqual(new Array(senders * notes).fill(1));
    expect(most).toBeLessThanOrEqual(4);
    expect(arrivals.filter(atMs => atMs < backMs + 100).length).toBeLessThan(20); // of 500 that wait
    for (const name of names) expect(fleet.life(name).store.entries()).toEqual([]);
    await fleet.stop();
  });

  test('large items take their share of the link and no more, and small urgent ones do not wait for them', async () => {
    const arrivals: { readonly atMs: number; readonly bytes: number }[] = [];
    let urgentAtMs = 0;
    const fleet: OutboxFleet = createOutboxFleet({
      bytesPerSecond: 300_000,
      handlers: () => [
        {
          kind: 'note',
          receive: ({ payload }) => {
            if (payload.byteLength < 100) urgentAtMs = fleet.clock.nowMs();
            else arrivals.push({ atMs: fleet.clock.nowMs(), bytes: payload.byteLength });
            return [];
          },
        },
      ],
    });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    const { store } = fleet.life('device-1');
    await store.commit(Array.from({ length: 40 }, () => note('', { payload: new Uint8Array(50_000) })));
    await fleet.clock.advance(5000);
    const putAtMs = fleet.clock.nowMs();
    await store.commit([note('now', { priority: 'urgent' })]);
    await fleet.clock.advance(60_000);
    expect(urgentAtMs - putAtMs).toBeLessThan(50);
    expect(arrivals).toHaveLength(40);
    for (const { atMs } of arrivals) {
      const within = arrivals.filter(each => each.atMs >= atMs && each.atMs < atMs + 5000);
      expect(within.reduce((sum, each) => sum + each.bytes, 0)).toBeLessThanOrEqual(5 * 100_000 + 50_000);
    }
    expect(arrivals.at(-1)!.atMs).toBeLessThan(25_000); // the share is used, too
    await fleet.stop();
  });

  test('more items than a window go all, in windows', async () => {
    const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)] });
    for (const name of ['device-1', 'edge-1']) await fleet.start(name);
    fleet.cut('device-1', 'edge-1');
    const { store } = fleet.life('device-1');
    await store.commit(Array.from({ length: 700 }, (_, index) => note(`n${index}`)));
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(60_000);
    expect(Object.values(seen(fleet))).toEqual(new Array(700).fill(1));
    expect(store.entries()).toEqual([]);
    await fleet.stop();
  });
});
