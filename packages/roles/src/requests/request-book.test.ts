// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk } from '@aiflow/journal';
import { type OutboxStore, openDurableStore } from '@aiflow/outbox';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import type { AnswerSummary } from '../ask-contract.ts';
import { createRequestBook, type RequestBook, type RequestBookLimits } from './request-book.ts';
import { giveUp, type RequestRecord, settleAnswer } from './request-record.ts';

const facts = { family: 'toy', modelHash: 'h', deadlineMs: 1000 };
const summary = { session: 's', reasons: [] } as unknown as AnswerSummary;

async function open(
  limits?: RequestBookLimits,
): Promise<{ book: RequestBook; store: OutboxStore; clock: VirtualClock }> {
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const store = await openDurableStore({ files: createMemoryDisk({ random }).files, clock, random }, { folder: '/s' });
  return { book: createRequestBook({ store, clock }, limits), store, clock };
}

const settle = (record: RequestRecord): RequestRecord => settleAnswer(record, { summary }, 1);
const accept = (book: RequestBook, id: string): Promise<RequestRecord> => book.accept(id, { question: 'why?' }, facts);

test('the oldest settled requests are forgotten when there are too many; those under way never', async () => {
  const { book, clock } = await open({ maxRequests: 3 });
  for (const id of ['a', 'b', 'c']) {
    await accept(book, id);
    await clock.advance(10);
  }
  await expect(accept(book, 'd')).rejects.toMatchObject({ code: 'resource-exhausted' });
  await book.change('b', record => ({ record: settleAnswer(record, { summary }, clock.wallMs()) }));
  await accept(book, 'd');
  expect(book.list().map(({ id }) => id)).toEqual(['d', 'c', 'a']);
});

test('settled ones are forgotten when they are old', async () => {
  const { book, clock } = await open({ maxAgeMs: 1000 });
  await accept(book, 'a');
  await book.change('a', record => ({ record: settleAnswer(record, { summary }, clock.wallMs()) }));
  await clock.advance(2000);
  await accept(book, 'b');
  expect(book.list().map(({ id }) => id)).toEqual(['b']);
});

test('an id is taken once, even by two at the same time', async () => {
  const { book } = await open();
  const both = await Promise.allSettled([accept(book, 'a'), accept(book, 'a')]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('changes of one request are made one after the other, each from what the one before left', async () => {
  const { book } = await open();
  await accept(book, 'a');
  const epochs = Array.from({ length: 5 }, () =>
    book.change('a', record => ({ record: { ...record, epoch: record.epoch + 1 } })),
  );
  await Promise.all(epochs);
  const record = book.get('a');
  expect((record?.epoch ?? 0) - (record?.epochBase ?? 0)).toBe(5);
});

test('while one item brings a revision, another has to come again, and nothing else changes the request', async () => {
  const { book, store } = await open();
  await accept(book, 'a');
  const changes = await book.claim('a', 'item-1', settle);
  await expect(book.claim('a', 'item-2', settle)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await book.change('a', record => ({ record: giveUp(record, 'x', 1) }))).toMatchObject({ state: 'accepted' });
  expect(await book.claim('a', 'item-1', settle)).toHaveLength(1); // it came once more: its commit had failed
  await store.commit(changes);
  expect(book.get('a')?.state).toBe('answered');
  expect(await book.claim('a', 'item-2', settle)).toEqual([]);
});

test('an item that never commits holds a request up no longer than ten seconds', async () => {
  const { book, clock } = await open();
  await accept(book, 'a');
  await book.claim('a', 'item-1', settle);
  await clock.advance(10_000);
  expect(await book.claim('a', 'item-2', settle)).toHaveLength(1);
});

test('listeners hear of their request alone, once a change', async () => {
  const { book } = await open();
  await accept(book, 'a');
  await accept(book, 'b');
  let heard = 0;
  const forget = book.onChange('a', () => {
    heard += 1;
  });
  await book.change('b', record => ({ record: settle(record) }));
  expect(heard).toBe(0);
  await book.change('a', record => ({ record: settle(record) }));
  expect(heard).toBe(1);
  forget();
  await accept(book, 'c');
  expect(heard).toBe(1);
});
