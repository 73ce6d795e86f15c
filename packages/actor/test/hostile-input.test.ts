// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope, encodeEnvelope, jsonAsk, jsonStream, type MessageKind } from '@aiflow/protocol';
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineActor, describeSystem, type Interceptor, onAsk, onStream } from '../src/index.ts';
import { createVirtualFleet, type VirtualFleet } from './virtual-fleet.ts';

const echo = jsonAsk<string, string>('test.echo');
const flow = jsonStream<number, number>('test.flow');
const worker = { node: 'edge-1', actor: 'worker' };

interface Rig extends VirtualFleet {
  readonly ids: string[];
  readonly runs: string[];
}

async function createRig(faults = {}): Promise<Rig> {
  const ids: string[] = [];
  const runs: string[] = [];
  const spy: Interceptor = (call, next) => {
    if (call.direction === 'outbound' && call.to.actor === 'worker') ids.push(call.messageId);
    return next(call);
  };
  const fleet = await createVirtualFleet({ interceptors: [spy], faults });
  const handlers = [
    onAsk<null, string, string>(echo, (_state, text) => {
      runs.push(text);
      return text;
    }),
    onStream<null, number, number>(flow, async function* (_state, to) {
      for (let value = 0; value < to; value++) yield value;
    }),
  ];
  fleet.edge.spawn(defineActor<null>({ name: 'worker', create: () => null, handlers }));
  return { ...fleet, ids, runs };
}

function forge(fields: Partial<Envelope> & { readonly kind: MessageKind }): Uint8Array {
  return encodeEnvelope({
    deliveryClass: 'control',
    messageId: 'forged',
    correlationId: '',
    from: { node: 'mallory', actor: 'worker' },
    to: worker,
    remainingMs: 0,
    sentAtMs: 0,
    bootId: 'forged-boot',
    payloadType: 'test.echo',
    payloadEncoding: 'native',
    payload: new TextEncoder().encode('"forged"'),
    trace: undefined,
    position: 0,
    latestKey: '',
    ...fields,
  });
}

test('an ask that arrives twice runs once, and its first reply stands', async () => {
  const { device, clock, network, runs } = await createRig();
  network.setFaults('device-1', 'edge-1', { duplicate: 1, reorderMs: 5 });
  const asking = device.ask(worker, echo, 'once');
  await clock.runUntilIdle();
  expect(await asking).toBe('once');
  expect(runs).toEqual(['once']);
  expect(network.statistics().duplicated).toBe(1);
});

test('an ask whose cancel overtook it does not run', async () => {
  const { clock, network, runs } = await createRig();
  network.inject('edge-1', forge({ kind: 'cancel', correlationId: 'early' }));
  network.inject('edge-1', forge({ kind: 'ask', messageId: 'early' }));
  network.inject('edge-1', forge({ kind: 'ask', messageId: 'other' }));
  await clock.runUntilIdle();
  expect(runs).toEqual(['forged']);
});

test.each(['mallory', 'edge-1'])('a reply in the name of %s counts only if that node was asked', async node => {
  const { device, clock, network, ids } = await createRig({ delayMs: 50 });
  const asking = device.ask(worker, echo, 'true');
  const to = { node: 'device-1', actor: '$system' };
  const reply = { kind: 'reply', correlationId: ids[0]!, from: { node, actor: 'worker' }, to } as const;
  network.inject('device-1', forge(reply));
  await clock.runUntilIdle();
  expect(await asking).toBe(node === 'edge-1' ? 'forged' : 'true');
});

test('a cancel from a node that did not ask changes nothing', async () => {
  const { device, clock, network, ids, runs } = await createRig({ delayMs: 50 });
  const asking = device.ask(worker, echo, 'mine');
  network.inject('edge-1', forge({ kind: 'cancel', correlationId: ids[0]! }));
  await clock.runUntilIdle();
  expect(await asking).toBe('mine');
  expect(runs).toEqual(['mine']);
});

test('a producer that exceeds its credit loses the stream, naming what it sent', async () => {
  const { device, clock, network, ids } = await createRig({ delayMs: 50 });
  const reading = device
    .stream(worker, flow, 100, { credit: 4 })
    [Symbol.asyncIterator]()
    .next()
    .catch(AiflowError.from);
  await clock.advance(1);
  const to = { node: 'device-1', actor: '$system' };
  const item = { kind: 'stream-item', correlationId: ids[0]!, from: worker, to, position: 4 } as const;
  network.inject('device-1', forge({ ...item, payload: new TextEncoder().encode('4') }));
  await clock.runUntilIdle();
  expect(await reading).toMatchObject({
    code: 'internal',
    message: 'edge-1/worker sent item 4 though only 4 were granted',
  });
});

test('whatever envelopes arrive, in whatever order, the node answers on and keeps nothing of them', async () => {
  const kinds = [
    'tell',
    'ask',
    'reply',
    'failure',
    'cancel',
    'stream-open',
    'stream-item',
    'stream-credit',
    'stream-end',
  ];
  const anyEnvelope = fc.record({
    kind: fc.constantFrom(...kinds) as fc.Arbitrary<MessageKind>,
    messageId: fc.constantFrom('a', 'b', 'c', 'd#1', '#'),
    correlationId: fc.constantFrom('', 'a', 'b', 'c'),
    to: fc.constantFrom(worker, { node: 'edge-1', actor: 'nobody' }, { node: 'edge-1', actor: '$system' }),
    payloadType: fc.constantFrom('', 'test.echo', 'test.flow', 'other'),
    payloadEncoding: fc.constantFrom('native', 'json') as fc.Arbitrary<'native' | 'json'>,
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.json().map(json => new TextEncoder().encode(json)),
    ),
    position: fc.constantFrom(0, 1, 1_000, 4_294_967_295),
    remainingMs: fc.constantFrom(0, 1, 1_000),
    sentAtMs: fc.oneof(fc.double(), fc.constant(0)),
    deliveryClass: fc.constantFrom('control', 'latest', 'bulk', 'durable') as fc.Arbitrary<'control'>,
    latestKey: fc.constantFrom('', 'k'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyEnvelope, { maxLength: 40 }), async envelopes => {
      const fleet = await createRig();
      for (const fields of envelopes) fleet.network.inject('edge-1', forge(fields));
      await fleet.clock.runUntilIdle(100_000);
      expect(await fleet.device.ask(worker, echo, 'still there')).toBe('still there');
      const own = { node: 'edge-1', actor: '$system' };
      const { actors, serving } = await fleet.edge.ask(own, describeSystem, {});
      expect(actors.find(actor => actor.name === 'worker')).toMatchObject({
        state: 'running',
        mailboxDepth: 0,
        restarts: 0,
      });
      expect(serving).toBe(0);
      expect(fleet.clock.pendingTimers).toBe(0);
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('random bytes are counted and ignored', async () => {
  const { device, network } = await createRig();
  const random = createSeededRandom(3);
  for (let frame = 0; frame < 2_000; frame++) {
    network.inject(
      'edge-1',
      Uint8Array.from({ length: random.below(60) }, () => random.below(256)),
    );
  }
  expect(network.statistics().malformed).toBeGreaterThan(1_900);
  expect(await device.ask(worker, echo, 'fine')).toBe('fine');
});
