// SPDX-License-Identifier: Apache-2.0
import { AiflowError, jsonAsk, jsonPayload, looseAsk, type TraceContext } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, sleep } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createActorSystem, createMemoryNetwork, defineActor, describeSystem, onAsk } from '../src/index.ts';
import { createVirtualFleet } from './virtual-fleet.ts';
import { count, createWorkers, echo, note } from './workers.ts';

test.each(['device-1', 'edge-1'])('asks, tells and streams to an actor on %s alike', async node => {
  const { device, notes, clock } = await createWorkers();
  const to = { node, actor: 'worker' };
  expect(await device.ask(to, echo, { text: 'hello' })).toEqual({ text: 'you said hello' });
  await device.tell(to, note, 'a note');
  const items: number[] = [];
  for await (const item of device.stream(to, count, { to: 40 })) items.push(item);
  expect(items).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(notes).toEqual(['a note']);
  expect(await device.ask(to, looseAsk(), { type: 'test.echo', text: 'loosely' })).toEqual({
    text: 'you said loosely',
  });
  const description = await device.ask({ node, actor: '$system' }, describeSystem, {});
  expect(description.actors.map(actor => actor.name)).toEqual(['$system', 'worker']);
  expect(clock.pendingTimers).toBe(0);
  await expect(device.ask({ node, actor: 'nobody' }, echo, { text: '' })).rejects.toThrow(
    `node ${node} has no actor nobody: it has worker`,
  );
  const error = AiflowError.from(await device.ask(to, jsonAsk('test.other'), {}).catch(caught => caught));
  expect(error.code).toBe('unimplemented');
  expect(error.node).toBe(node);
  expect(error.hop).toBe(`device-1 -> ${node}/worker`);
  expect(error.message).toContain('ask test.echo, tell test.note, stream test.count');
});

const nodes = ['device-1', 'edge-1'];

test.each(nodes)(
  'a request refused by the payload type on %s is answered invalid-argument, local or not',
  async node => {
    const strict = jsonAsk<number, number>('test.strict', {
      request: json => {
        if (typeof json !== 'number') throw new Error('not a number');
        return json;
      },
    });
    const { device, edge } = await createVirtualFleet();
    for (const system of [device, edge]) {
      system.spawn(
        defineActor({ name: 'strict', create: () => null, handlers: [onAsk(strict, (_state, value) => value)] }),
      );
    }
    const careless = jsonAsk<unknown, number>('test.strict');
    const to = { node, actor: 'strict' };
    expect(await device.ask(to, careless, 4)).toBe(4);
    await expect(device.ask(to, careless, 'four')).rejects.toMatchObject({ code: 'invalid-argument', node });
    await expect(device.ask(to, looseAsk(), 'four')).rejects.toMatchObject({ code: 'invalid-argument', node });
    expect(await device.ask(to, looseAsk(), 4)).toBe(4); // the only ask needs no type
  },
);

test('within a node a value is neither encoded nor copied', async () => {
  const { device } = await createVirtualFleet();
  const coded: string[] = [];
  const payload = jsonPayload<object>('test.object');
  const counted = {
    ...payload,
    encode: (value: object) => {
      coded.push('encoded');
      return payload.encode(value);
    },
  };
  const contract = { kind: 'ask', request: counted, reply: counted } as const;
  device.spawn(
    defineActor({ name: 'same', create: () => null, handlers: [onAsk(contract, (_state, value) => value)] }),
  );
  const value = { deep: { in: 'here' } };
  expect(await device.ask({ node: 'device-1', actor: 'same' }, contract, value)).toBe(value);
  expect(coded).toEqual([]);
});

const forward = jsonAsk<{ to: string; waitMs: number }, { text: string }>('test.forward');

test('calls inside a handler inherit time left, cancellation and trace across both hops', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet({ faults: { delayMs: 10 } });
  const seen: { trace?: TraceContext | undefined; leftMs: number[]; aborted: string[] } = { leftMs: [], aborted: [] };
  device.spawn(
    defineActor({
      name: 'slow',
      create: () => null,
      handlers: [
        onAsk(echo, async (_state, request, context) => {
          seen.trace = context.trace;
          seen.leftMs.push(context.remainingMs());
          context.signal.addEventListener('abort', () => seen.aborted.push(context.signal.reason.code));
          await sleep(clock, 100_000, context.signal);
          return request;
        }),
      ],
    }),
  );
  edge.spawn(
    defineActor({
      name: 'relay',
      create: () => null,
      handlers: [
        onAsk(forward, async (_state, { to, waitMs }, context) => {
          await sleep(clock, waitMs, context.signal);
          return context.ask({ node: to, actor: 'slow' }, echo, { text: 'on' }, { timeoutMs: 60_000 });
        }),
      ],
    }),
  );
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' };
  const relay = { node: 'edge-1', actor: 'relay' };
  const asking = device
    .ask(relay, forward, { to: 'device-1', waitMs: 200 }, { timeoutMs: 1_000, trace })
    .catch(AiflowError.from);
  await clock.runUntilIdle();
  const error = await asking;
  expect(error).toMatchObject({ code: 'deadline-exceeded', hop: 'device-1 -> edge-1/relay' });
  expect(seen.trace).toEqual(trace);
  expect(seen.leftMs[0]).toBeGreaterThan(700);
  expect(seen.leftMs[0]).toBeLessThanOrEqual(800);
  expect(seen.aborted).toEqual(['deadline-exceeded']);

  const controller = new AbortController();
  const cancelled = device
    .ask(relay, forward, { to: 'device-1', waitMs: 0 }, { signal: controller.signal })
    .catch(AiflowError.from);
  await clock.advance(50);
  controller.abort();
  await clock.advance(50);
  expect(await cancelled).toMatchObject({ code: 'cancelled' });
  expect(seen.aborted).toEqual(['deadline-exceeded', 'cancelled']);
  await expectNothingLeft();
});

test('refuses names that are taken or are none, and two handlers for one type', async () => {
  const { device } = await createWorkers();
  const named = (name: string) => defineActor({ name, create: () => null, handlers: [] });
  expect(() => device.spawn(named('worker'))).toThrow('node device-1 already has an actor worker');
  expect(() => device.spawn(named('Not A Name'))).toThrow('is not allowed');
  const twice = [onAsk(echo, (_state, request) => request), onAsk(echo, (_state, request) => request)];
  expect(() => device.spawn(defineActor({ name: 'twice', create: () => null, handlers: twice }))).toThrow(
    'two handlers',
  );
});

test('one exchange more than maxOpenExchanges fails at once, and the place is free again later', async () => {
  const { device, edge, clock } = await createVirtualFleet({
    options: { maxOpenExchanges: 2 },
    faults: { delayMs: 5 },
  });
  edge.spawn(
    defineActor({ name: 'worker', create: () => null, handlers: [onAsk(echo, (_state, request) => request)] }),
  );
  const to = { node: 'edge-1', actor: 'worker' };
  const asks = [1, 2, 3].map(text => device.ask(to, echo, { text: String(text) }).catch(AiflowError.from));
  await clock.runUntilIdle();
  const outcomes = await Promise.all(asks);
  expect(outcomes.slice(0, 2)).toEqual([{ text: '1' }, { text: '2' }]);
  expect(outcomes[2]).toMatchObject({ code: 'resource-exhausted', node: 'device-1' });
  const later = device.ask(to, echo, { text: 'later' });
  await clock.runUntilIdle();
  expect(await later).toEqual({ text: 'later' });
});

test('an absent node is unavailable at once, naming the hop', async () => {
  const clock = createVirtualClock();
  const random = createSeededRandom(2);
  const network = createMemoryNetwork({ clock, random }, { faults: { delayMs: 3 } });
  const device = createActorSystem({ transport: network.transport('device-1'), clock, random });
  await device.start();
  const asking = device.ask({ node: 'gone', actor: 'worker' }, echo, { text: '' }).catch(AiflowError.from);
  await clock.runUntilIdle();
  expect(await asking).toMatchObject({ code: 'unavailable', node: 'device-1', hop: 'device-1 -> gone' });
  expect(clock.nowMs()).toBe(3);
});
