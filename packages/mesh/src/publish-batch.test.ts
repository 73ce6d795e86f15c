// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createPublishBatch, type Publication } from './publish-batch.ts';

const publication = (subject: string): Publication => ({ subject, bytes: new Uint8Array(), reply: undefined });
const endOfTurn = () => new Promise(resolve => setImmediate(resolve));

describe('a publish batch', () => {
  test('lets the first message of a turn leave at once and the rest together, in order', async () => {
    const left: string[] = [];
    const batch = createPublishBatch(({ subject }) => void left.push(subject));
    for (const subject of ['a', 'b', 'c']) batch.publish(publication(subject));
    expect(left).toEqual(['a']);
    await endOfTurn();
    expect(left).toEqual(['a', 'b', 'c']);
  });

  test('after a busy turn lets the first message wait for the others, after a quiet one no longer', async () => {
    const left: string[] = [];
    const batch = createPublishBatch(({ subject }) => void left.push(subject));
    for (const subject of ['a', 'b', 'c']) batch.publish(publication(subject));
    await endOfTurn();
    batch.publish(publication('d'));
    expect(left).toEqual(['a', 'b', 'c']);
    await endOfTurn();
    expect(left).toEqual(['a', 'b', 'c', 'd']);
    batch.publish(publication('e'));
    expect(left).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('keeps the order when it is flushed half-way', async () => {
    const left: string[] = [];
    const batch = createPublishBatch(({ subject }) => void left.push(subject));
    for (const subject of ['a', 'b']) batch.publish(publication(subject));
    batch.flush();
    batch.publish(publication('c'));
    expect(left).toEqual(['a', 'b']);
    await endOfTurn();
    expect(left).toEqual(['a', 'b', 'c']);
  });

  test('hands back what has not left', async () => {
    const left: string[] = [];
    const batch = createPublishBatch(({ subject }) => void left.push(subject));
    for (const subject of ['a', 'b', 'c']) batch.publish(publication(subject));
    expect(batch.takeBack().map(({ subject }) => subject)).toEqual(['b', 'c']);
    await endOfTurn();
    expect(left).toEqual(['a']);
  });
});
