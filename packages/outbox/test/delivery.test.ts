// SPDX-License-Identifier: Apache-2.0
import { looseAsk } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import {
  type Change,
  dropFromOutbox,
  type ItemHandler,
  listOutbox,
  type OutboxStore,
  retryOutbox,
} from '../src/index.ts';
import { createOutboxFleet, type FleetSettings, type OutboxFleet } from './outbox-fleet.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Counts in the store how often each note had its effect. */
function noteHandler(store: () => OutboxStore): ItemHandler {
  return {
    kind: 'note',
    receive: ({ payload }) => {
      const key = text(payload).trim();
      const before = store().records('seen').get(key)?.[0] ?? 0;
      return [{ kind: 'set', table: 'seen', key, value: Uint8Array.of(before + 1) }];
    },
  };
}

const note = (label: string, change: object = {}): Change => ({
  kind: 'put',
  item: { to: { node: 'edge-1' }, kind: 'note', payload: Buffer.from(label), ...change },
});

async function startPair(settings: Partial<FleetSettings> = {}): Promise<OutboxFleet> {
  const fleet = createOutboxFleet({ handlers: (_node, store) => [noteHandler(store)], ...settings });
  await fleet.start('device-1');
  await fleet.start('edge-1');
  return fleet;
}

const seen = (fleet: OutboxFleet, node = 'edge-1'): Readonly<Record<string, number>> =>
  Object.fromEntries([...fleet.life(node).store.records('seen')].map(([key, value]) => [key, value[0] ?? 0]));

describe('an item', () => {
  test('put in while the link is down arrives once it is back, urgent ones first, then the oldest', async () => {
    const order: string[] = [];
    const handler: ItemHandler = {
      kind: 'note',
      receive: ({ payload }) => {
        order.push(text(payload));
        return [];
      },
    };
    const fleet = await startPair({ handlers: () => [handler], courier: { perNode: 1 } });
    fleet.cut('device-1', 'edge-1');
    const { store } = fleet.life('device-1');
    await store.commit([note('last', { priority: 'background' }), note('second'), note('third')]);
    await store.commit([note('first', { priority: 'urgent' })]);
    await fleet.clock.advance(60_000);
    expect(order).toEqual([]);
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(2000);
    expect(order).toEqual(['first', 'second', 'third', 'last']);
    expect(store.entries()).toEqual([]);
    expect(store.ended.delivered).toBe(4);
    await fleet.stop();
  });

  test('has its effect once, whatever the link loses, doubles and turns round', async () => {
    const faults = { delayMs: 5, jitterMs: 20, loss: 0.3, duplicate: 0.3, reorder: 0.3, reorderMs: 500 };
    const fleet = await startPair({ faults, courier: { receiptTimeoutMs: 300 } });
    const labels = Array.from({ length: 40 }, (_, index) => `n${index}`);
    for (const label of labels) await fleet.life('device-1').store.commit([note(label)]);
    await fleet.clock.advance(600_000);
    expect(seen(fleet)).toEqual(Object.fromEntries(labels.map(label => [label, 1])));
    expect(fleet.life('device-1').store.entries()).toEqual([]);
    await fleet.stop();
  });

  test('of a kind that the receiver does not know is refused, once and for all', async () => {
    const fleet = await startPair();
    const { store } = fleet.life('device-1');
    await store.commit([note('a', { kind: 'unknown' })]);
    await fleet.clock.advance(3000);
    expect(store.ended.refused).toBe(1);
    await fleet.stop();
  });

  test('that its handler fails for is offered again, and those after it go on', async () => {
    let failures = 0;
    const handler = (store: () => OutboxStore): ItemHandler => ({
      kind: 'note',
      receive: item => {
        if (text(item.payload) === 'poison' && failures++ < 3) throw new Error('not today');
        return noteHandler(store).receive(item);
      },
    });
    const fleet = await startPair({ handlers: (_node, store) => [handler(store)] });
    const { store } = fleet.life('device-1');
    await store.commit([note('poison', { priority: 'urgent' }), note('b'), note('c')]);
    await fleet.clock.advance(1400);
    expect(seen(fleet)).toEqual({ b: 1, c: 1 });
    expect(store.entries()[0]).toMatchObject({ lastNode: 'edge-1', lastError: expect.stringContaining('not today') });
    await fleet.clock.advance(60_000);
    expect(seen(fleet)).toEqual({ poison: 1, b: 1, c: 1 });
    await fleet.stop();
  });

  test('for a node that never answers delays nothing that is for another', async () => {
    const fleet = createOutboxFleet({
      handlers: (node, store) => [
        node === 'edge-1' ? { kind: 'note', receive: () => new Promise(() => undefined) } : noteHandler(store),
      ],
    });
    for (const name of ['device-1', 'edge-1', 'edge-2']) await fleet.start(name);
    const { store } = fleet.life('device-1');
    await store.commit(Array.from({ length: 50 }, (_, index) => note(`x${index}`, { priority: 'urgent' })));
    await store.commit([note('y', { to: { node: 'edge-2' }, priority: 'background' })]);
    await fleet.clock.advance(1500);
    expect(seen(fleet, 'edge-2')).toEqual({ y: 1 });
    await fleet.clock.advance(120_000);
    expect(fleet.life('device-1').courier.inFlight).toBeLessThanOrEqual(1);
    await fleet.stop();
  });

  test('offered to one node goes to no other, even when the first is gone for long', async () => {
    const fleet = createOutboxFleet({
      handlers: (_node, store) => [noteHandler(store)],
      capabilities: { 'edge-1': ['finish'], 'edge-2': ['finish'] },
      courier: { receiptTimeoutMs: 200 },
    });
    for (const name of ['device-1', 'edge-1', 'edge-2']) await fleet.start(name);
    const { store } = fleet.life('device-1');
    const arrived = fleet.clock.advance(0);
    await store.commit([note('a', { to: { capability: 'finish' } })]);
    await arrived;
    for (let ms = 0; ms < 3000 && (seen(fleet).a ?? 0) === 0; ms++) await fleet.clock.advance(1);
    fleet.cut('device-1', 'edge-1'); // it is stored there, and the receipt is lost
    await fleet.clock.advance(3_600_000);
    expect(store.entries()).toHaveLength(1);
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(3000);
    expect([seen(fleet), seen(fleet, 'edge-2')]).toEqual([{ a: 1 }, {}]);
    expect(store.entries()).toEqual([]);
    await fleet.stop();
  });

  test('keeps its age over the link, and ends there when it is too old', async () => {
    const ages: number[] = [];
    const handler: ItemHandler = {
      kind: 'note',
      receive: ({ ageMs }) => {
        ages.push(ageMs);
        return [];
      },
    };
    const fleet = await startPair({ handlers: () => [handler] });
    fleet.cut('device-1', 'edge-1');
    const { store } = fleet.life('device-1');
    await store.commit([note('a'), note('b', { timeToLiveMs: 5000 })]);
    await fleet.clock.advance(10_000);
    expect(store.ended.expired).toBe(1);
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(2000);
    expect(ages).toEqual([expect.closeTo(10_500, -3)]);
    await fleet.stop();
  });
});

describe('the actor outbox', () => {
  test('lists, drops and retries what waits', async () => {
    const fleet = await startPair();
    fleet.cut('device-1', 'edge-1');
    const { store, system } = fleet.life('device-1');
    const [first] = await store.commit([note('a'), note('b', { priority: 'urgent' }), note('c')]);
    const own = { node: 'device-1', actor: 'outbox' };
    const listed = await system.ask(own, listOutbox, { limit: 2 });
    expect(listed).toMatchObject({ count: 3, items: [{ priority: 'urgent', payloadBytes: 1 }, { id: first }] });
    expect(await system.ask(own, dropFromOutbox, { id: first! })).toEqual({ count: 1 });
    await expect(system.ask(own, dropFromOutbox, { id: first! })).rejects.toMatchObject({ code: 'not-found' });
    fleet.heal('device-1', 'edge-1');
    expect(await system.ask(own, retryOutbox, {})).toEqual({ count: 2 });
    await fleet.clock.advance(100);
    expect(seen(fleet)).toEqual({ b: 1, c: 1 });
    expect((await system.ask(own, listOutbox, {})).ended).toMatchObject({ delivered: 2, dropped: 1 });
    await expect(system.ask(own, looseAsk('aiflow.outbox.list'), { limit: 0 })).rejects.toThrow('limit must be');
    await fleet.stop();
  });
});
