// SPDX-License-Identifier: Apache-2.0
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { formatSubject } from '../src/index.ts';
import { introduceEachOther, makeStation, message, openStation, receiverOf } from './transport-pair.ts';

let broker: LaunchedBroker;
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
});
afterAll(() => broker.stop());

describe('a NATS transport', () => {
  test('carries every field of an envelope and its payload', async () => {
    await using one = await openStation({ url: broker.url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await introduceEachOther(one, two);
    const sent = message('one', 'two', {
      kind: 'ask',
      correlationId: 'c',
      payload: Uint8Array.of(1, 2, 3),
      trace: { traceparent: '00-1-2-01', tracestate: '' },
      position: 7,
      latestKey: 'k',
    });
    await one.transport.send(sent);
    await vi.waitFor(() => expect(two.delivered).toHaveLength(1));
    expect({ ...two.delivered[0], payload: [...two.delivered[0]!.payload] }).toEqual({
      ...sent,
      payload: [1, 2, 3],
    });
  });

  test('answers an unknown node at once with the nodes that are known', async () => {
    await using one = await openStation({ url: broker.url, node: 'one' });
    await one.transport.admit({ site: 'home', node: 'two' });
    const beganMs = performance.now();
    expect(() => one.transport.send(message('one', 'nowhere'))).toThrow(
      'node nowhere is not on the mesh: known are two',
    );
    expect(performance.now() - beganMs).toBeLessThan(20);
  });

  test.each(['ask', 'stream-open', 'tell'] as const)(
    'reports %s to an admitted node that is gone, naming node, actor and hop',
    async kind => {
      await using one = await openStation({ url: broker.url, node: 'one' });
      await one.transport.admit({ site: 'home', node: 'gone' });
      const lost = message('one', 'gone', { kind });
      await one.transport.send(lost);
      await vi.waitFor(() => expect(one.failed).toHaveLength(1));
      expect(one.failed[0]).toMatchObject({
        messageId: lost.messageId,
        error: { code: 'unavailable', hop: 'one -> gone/target' },
      });
      expect(one.failed[0]!.error.message).toContain('nobody listens for actor target on node gone');
    },
  );

  test.each([1_000_000, 1_048_576, 8 * 1024 * 1024])('carries a payload of %d bytes unchanged', async size => {
    await using one = await openStation({ url: broker.url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await introduceEachOther(one, two);
    const payload = Buffer.alloc(size, 'aiflow-');
    await one.transport.send(message('one', 'two', { payload }));
    await vi.waitFor(() => expect(two.delivered).toHaveLength(1), { timeout: 10_000 });
    expect(Buffer.compare(two.delivered[0]!.payload, payload)).toBe(0);
    expect(one.transport.counters().chunkedMessages).toBe(1);
  });

  test('refuses a payload above its limit, naming both', async () => {
    await using one = await openStation({ url: broker.url, node: 'one', maxPayloadBytes: 100 });
    await one.transport.admit({ site: 'home', node: 'two' });
    expect(() => one.transport.send(message('one', 'two', { payload: new Uint8Array(101) }))).toThrow(
      'payload of 101 bytes exceeds maxPayloadBytes 100',
    );
  });

  test('keeps the order of a stream whose items are large and whose end is small', async () => {
    await using one = await openStation({ url: broker.url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await introduceEachOther(one, two);
    const item = (position: number, size: number) =>
      one.transport.send(
        message('one', 'two', { kind: 'stream-item', correlationId: 's', position, payload: new Uint8Array(size) }),
      );
    const sends = [item(0, 300_000), item(1, 10), item(2, 2_000_000)];
    const end = message('one', 'two', { kind: 'stream-end', correlationId: 's', position: 3 });
    await Promise.all([...sends, one.transport.send(end)]);
    await vi.waitFor(() => expect(two.delivered).toHaveLength(4), { timeout: 5000 });
    expect(two.delivered.map(envelope => [envelope.kind, envelope.position])).toEqual([
      ['stream-item', 0],
      ['stream-item', 1],
      ['stream-item', 2],
      ['stream-end', 3],
    ]);
  });

  test('fails a send at once while no broker was ever reached, and works when one appears', async () => {
    const late = await launchBroker({}, { jetStream: false });
    await late.kill();
    await using one = makeStation({ url: late.url, node: 'one' });
    await one.transport.admit({ site: 'home', node: 'two' });
    const started = one.transport.start(receiverOf(one));
    expect(() => one.transport.send(message('one', 'two'))).toThrow('no connection to the broker');
    await late.restart();
    await started;
    await one.transport.send(message('one', 'two'));
    await vi.waitFor(() => expect(one.failed).toHaveLength(1));
    await late.stop();
  });

  test('gives up a first connect that is aborted', async () => {
    await using one = makeStation({ url: 'nats://127.0.0.1:1', node: 'one' });
    const abort = new AbortController();
    const started = one.transport.start(receiverOf(one), abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await expect(started).rejects.toThrow('enough');
  });
});

describe('a NATS transport refuses and counts', () => {
  const subject = (from: string, to: string, lane: 'control' | 'bulk' = 'control') =>
    formatSubject({
      kind: 'message',
      fleet: 'test',
      from: { site: 'home', node: from },
      to: { site: 'home', node: to },
      actor: 'target',
      lane,
    });

  test('what a stranger sends', async () => {
    await using two = await openStation({ url: broker.url, node: 'two', inboxMode: 'wildcard' });
    await using stranger = await openStation({ url: broker.url, node: 'stranger' });
    await stranger.transport.admit(two.transport.place);
    await stranger.transport.send(message('stranger', 'two'));
    await vi.waitFor(() => expect(two.transport.counters().unadmitted).toBe(1));
    expect(two.delivered).toEqual([]);
  });

  test('tells a stranger who asks that it is not admitted', async () => {
    await using two = await openStation({ url: broker.url, node: 'two', inboxMode: 'wildcard' });
    await using stranger = await openStation({ url: broker.url, node: 'stranger' });
    await stranger.transport.admit(two.transport.place);
    await stranger.transport.send(message('stranger', 'two', { kind: 'ask' }));
    await vi.waitFor(() => expect(stranger.delivered).toHaveLength(1));
    expect(stranger.delivered[0]).toMatchObject({ kind: 'failure', from: { node: 'two' } });
  });

  test('bytes that are no envelope, another generation, and a sender that is not the one in the subject', async () => {
    const { encodeEnvelope } = await import('@aiflow/protocol');
    await using two = await openStation({ url: broker.url, node: 'two' });
    await two.transport.admit({ site: 'home', node: 'one' });
    const raw = await connect({ servers: broker.url });
    raw.publish(subject('one', 'two'), Uint8Array.of(255, 255, 255));
    raw.publish(subject('one', 'two', 'bulk'), Uint8Array.of(255, 255, 255));
    raw.publish(subject('one', 'two'), encodeEnvelope(message('other', 'two')));
    raw.publish(subject('one', 'two'), encodeEnvelope(message('one', 'three')));
    raw.publish(`${subject('one', 'two')}.extra.tokens`, encodeEnvelope(message('one', 'two')));
    const newer = encodeEnvelope(message('one', 'two')).slice();
    newer[1] = 99;
    raw.publish(subject('one', 'two'), newer);
    await raw.flush();
    await vi.waitFor(() =>
      expect(two.transport.counters()).toMatchObject({ malformed: 2, wrongGeneration: 1, forged: 2 }),
    );
    expect(two.delivered).toEqual([]);
    expect(two.log.filter(line => line.includes('refused a frame')).length).toBeGreaterThan(0);
    await raw.close();
  });
});
