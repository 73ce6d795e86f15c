// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import { expect, test } from 'vitest';
import { defineActor, onAsk } from '../src/index.ts';
import { createVirtualFleet } from './virtual-fleet.ts';
import { echo } from './workers.ts';

test('a draining node refuses new calls, finishes open ones, and its inner calls still go out', async () => {
  const { device, edge, clock } = await createVirtualFleet({ faults: { delayMs: 5 } });
  device.spawn(defineActor({ name: 'far', create: () => null, handlers: [onAsk(echo, (_state, request) => request)] }));
  edge.spawn(
    defineActor({
      name: 'near',
      create: () => null,
      handlers: [
        onAsk(echo, async (_state, request, context) => {
          await sleep(clock, 100);
          return context.ask({ node: 'device-1', actor: 'far' }, echo, request);
        }),
      ],
    }),
  );
  const to = { node: 'edge-1', actor: 'near' };
  const open = device.ask(to, echo, { text: 'before' });
  await clock.advance(20);
  const drained = edge.drain(10_000).then(() => clock.nowMs());
  const refused = device.ask(to, echo, { text: 'after' }).catch(AiflowError.from);
  await clock.advance(20);
  expect(await refused).toMatchObject({ code: 'unavailable', node: 'edge-1' });
  await expect(edge.ask(to, echo, { text: 'own' })).rejects.toMatchObject({ code: 'unavailable' });
  await clock.advance(200);
  expect(await open).toEqual({ text: 'before' });
  expect(await drained).toBeLessThan(200);
});

test('closing a system fails what is open, on both sides, and is idempotent', async () => {
  const { device, edge, clock } = await createVirtualFleet({ faults: { delayMs: 1 } });
  let disposed = 0;
  edge.spawn(
    defineActor({
      name: 'stuck',
      create: () => null,
      dispose: () => {
        disposed += 1;
      },
      handlers: [
        onAsk(echo, (_state, _request, context) => sleep(clock, 1e9, context.signal).then(() => ({ text: '' }))),
      ],
    }),
  );
  const asking = device.ask({ node: 'edge-1', actor: 'stuck' }, echo, { text: '' }).catch(AiflowError.from);
  await clock.advance(10);
  await edge[Symbol.asyncDispose]();
  await edge[Symbol.asyncDispose]();
  await clock.advance(10);
  expect(await asking).toMatchObject({ code: 'unavailable', node: 'edge-1' });
  expect(disposed).toBe(1);
  expect(() => edge.spawn(defineActor({ name: 'late', create: () => null, handlers: [] }))).toThrow('is closed');
});
