// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { expect, test } from 'vitest';
import { type Call, createObservingInterceptor, defineActor, type Interceptor, onAsk } from '../src/index.ts';
import { count, createWorkers, echo } from './workers.ts';

test('an interceptor that only looks on sees both sides of asks, tells and streams, alone or among others', async () => {
  const pass: Interceptor = (call, next) => next(call);
  const seenBy = async (others: readonly Interceptor[]): Promise<readonly string[]> => {
    const log: string[] = [];
    const observer = createObservingInterceptor(({ direction, kind, trace }) => ({
      trace: { traceparent: `seen-${direction}`, tracestate: '' },
      succeeded: ({ items, replyBytes }) =>
        log.push(`${direction} ${kind} ${trace?.traceparent ?? 'untraced'}: ${items}, ${replyBytes > 0}`),
      failed: error => log.push(`${direction} ${kind}: ${AiflowError.from(error).code}`),
    }));
    const { device, edge } = await createWorkers([observer, ...others]);
    edge.spawn(
      defineActor({
        name: 'refuser',
        create: () => undefined,
        handlers: [
          onAsk(echo, () => {
            throw new AiflowError('not-found', 'nothing here');
          }),
        ],
      }),
    );
    await device.ask({ node: 'edge-1', actor: 'worker' }, echo, { text: 'x' });
    await device.ask({ node: 'edge-1', actor: 'refuser' }, echo, { text: 'x' }).catch(() => undefined);
    for await (const _ of device.stream({ node: 'edge-1', actor: 'worker' }, count, { to: 3 }));
    return log.sort();
  };
  const alone = await seenBy([]);
  expect(alone).toEqual([
    'inbound ask seen-outbound: 1, true',
    'inbound ask: not-found',
    'inbound stream seen-outbound: 3, true',
    'outbound ask untraced: 1, true',
    'outbound ask: not-found',
    'outbound stream untraced: 3, true',
  ]);
  expect(await seenBy([pass])).toEqual(alone);
});

test('interceptors wrap both sides as an onion, see sizes, and may change trace and outcome', async () => {
  const log: string[] = [];
  const layer =
    (name: string): Interceptor =>
    async (call: Call, next) => {
      log.push(`${name} ${call.direction} ${call.kind} ${call.trace?.traceparent ?? 'untraced'}`);
      const outcome = await next({ ...call, trace: { traceparent: `${name}-${call.direction}`, tracestate: '' } });
      log.push(
        `${name} ${call.direction} items ${outcome.items} bytes ${call.requestBytes > 0}/${outcome.replyBytes > 0}`,
      );
      return outcome;
    };
  const { device } = await createWorkers([layer('outer'), layer('inner')]);
  await device.ask({ node: 'edge-1', actor: 'worker' }, echo, { text: 'x' });
  expect(log.filter(line => line.includes('inbound'))).toEqual([
    'outer inbound ask inner-outbound',
    'inner inbound ask outer-inbound',
    'inner inbound items 1 bytes true/true',
    'outer inbound items 1 bytes true/true',
  ]);
  expect(log.filter(line => !line.includes('inbound '))).toEqual([
    'outer outbound ask untraced',
    'inner outbound ask outer-outbound',
    'inner outbound items 1 bytes true/true',
    'outer outbound items 1 bytes true/true',
  ]);
  log.length = 0;
  const items: number[] = [];
  for await (const item of device.stream({ node: 'edge-1', actor: 'worker' }, count, { to: 5 })) items.push(item);
  expect(items).toHaveLength(5);
  expect(log).toContain('inner outbound items 5 bytes true/true');
});

test('an interceptor that refuses a call keeps it from its handler and answers the asker', async () => {
  const refuse: Interceptor = async (call, next) => {
    if (call.direction === 'inbound' && call.to.actor === 'worker')
      throw new AiflowError('permission-denied', 'not you');
    return next(call);
  };
  const { device, edge, notes } = await createWorkers([refuse]);
  const to = { node: 'edge-1', actor: 'worker' };
  await expect(device.ask(to, echo, { text: 'x' })).rejects.toMatchObject({
    code: 'permission-denied',
    node: 'edge-1',
  });
  const reading = device.stream(to, count, { to: 5 })[Symbol.asyncIterator]();
  await expect(reading.next()).rejects.toMatchObject({ code: 'permission-denied' });
  expect(notes).toEqual([]);
  expect(edge.actors().find(actor => actor.name === 'worker')).toMatchObject({
    state: 'running',
    restarts: 0,
    failed: 2,
  });
});
