// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk } from '@aiflow/journal';
import { AiflowError, type OutboxReceipt } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createCourier, type DeliveredItem, openDurableStore } from '../src/index.ts';

const STORED: OutboxReceipt = { outcome: 'stored', reason: '' };

/** A receiver that is silent until it is let speak, behind a link that nobody knows to be broken. */
async function startSilent() {
  const clock = createVirtualClock();
  const random = createSeededRandom('reconnect');
  const store = await openDurableStore(
    { files: createMemoryDisk({ random }).files, clock, random },
    { folder: '/store' },
  );
  const offers: number[] = [];
  const delivered: DeliveredItem[] = [];
  const link = { isWhole: false };
  const courier = createCourier(
    {
      ...{ store, clock, random },
      resolve: () => 'edge-1',
      offer: (_node, _delivery, { signal, timeoutMs }) => {
        offers.push(clock.nowMs());
        if (link.isWhole) return Promise.resolve(STORED);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          clock.setTimer(timeoutMs, () => reject(new AiflowError('deadline-exceeded', 'no receipt came')));
        });
      },
      onPeers: () => () => undefined,
      linkOf: () => ({ rttMs: 10, bytesPerSecond: 1e6 }),
      onDelivered: item => delivered.push(item),
    },
    { receiptTimeoutMs: 60_000 },
  );
  return { clock, store, courier, link, offers, delivered };
}

const NOTE = { to: { node: 'edge-1' }, kind: 'note', payload: Buffer.from('late'), traceParent: '00-a-b-01' } as const;

test('an offer whose receipt was lost with the link is made again as soon as the link is back', async () => {
  const { clock, store, courier, link, offers, delivered } = await startSilent();
  const [id] = await store.commit([{ kind: 'put', item: NOTE }]);
  await clock.advance(20_000);
  expect(offers).toEqual([0]);
  link.isWhole = true;
  courier.reconnected();
  await clock.advance(1_500);
  expect(offers).toHaveLength(2);
  expect(store.entries()).toEqual([]);
  expect(delivered).toEqual([
    expect.objectContaining({ id, kind: 'note', node: 'edge-1', traceParent: NOTE.traceParent }),
  ]);
  expect(delivered[0]?.waitedMs).toBeGreaterThanOrEqual(20_000);
  expect(delivered[0]?.lastError).toContain('the link broke before a receipt came');
  await courier[Symbol.asyncDispose]();
});

test('a link that comes back while nothing waits is no news', async () => {
  const { clock, courier, offers } = await startSilent();
  courier.reconnected();
  await clock.advance(5_000);
  expect(offers).toEqual([]);
  await courier[Symbol.asyncDispose]();
});
