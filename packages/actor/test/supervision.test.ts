// SPDX-License-Identifier: Apache-2.0
import { AiflowError, jsonAsk, jsonStream, jsonTell } from '@aiflow/protocol';
import { sleep } from '@aiflow/time';
import { expect, test } from 'vitest';
import { type ActorDefinition, type ActorSystem, defineActor, onAsk, onStream, onTell } from '../src/index.ts';
import { createVirtualFleet } from './virtual-fleet.ts';

const act = jsonAsk<string, string>('test.act');
const flow = jsonStream<string, number>('test.flow');
const poke = jsonTell<number>('test.poke');
const to = { node: 'edge-1', actor: 'fragile' };

interface Life {
  readonly number: number;
  handled: number;
}

/** Throws, hangs, waits or refuses as it is asked to; each life has a number. */
function defineFragile(
  extra: Partial<ActorDefinition<Life>> = {},
): ActorDefinition<Life> & { readonly disposed: number[] } {
  let lives = 0;
  const disposed: number[] = [];
  return {
    ...defineActor<Life>({
      name: 'fragile',
      create: () => ({ number: ++lives, handled: 0 }),
      dispose: life => void disposed.push(life.number),
      handlers: [
        onAsk(act, async (life, how, context) => {
          life.handled += 1;
          if (how === 'throw') throw new TypeError('x is not a function');
          if (how === 'refuse') throw new AiflowError('failed-precondition', 'not today');
          if (how === 'wait') await sleep(context.clock, 100, context.signal);
          if (how === 'hang') await new Promise(() => undefined);
          return `life ${life.number}, message ${life.handled}`;
        }),
        onStream(flow, async function* (_life, how) {
          yield 1;
          if (how === 'throw') throw new TypeError('stream broke');
          yield 2;
        }),
        onTell(poke, () => undefined),
      ],
      ...extra,
    }),
    disposed,
  };
}

const asking = (system: ActorSystem, how: string, timeoutMs = 60_000): Promise<string | AiflowError> =>
  system.ask(to, act, how, { timeoutMs }).catch(AiflowError.from);

const statusOf = (system: ActorSystem) => system.actors().find(actor => actor.name === 'fragile');

test('a fault is answered internal without a stack; the actor restarts with fresh state and serves what waited', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet();
  const fragile = defineFragile();
  edge.spawn(fragile);
  const answers = Promise.all(['fine', 'throw', 'fine', 'fine'].map(how => asking(device, how)));
  await clock.advance(10);
  expect(statusOf(edge)).toMatchObject({ state: 'restarting', mailboxDepth: 2, restarts: 1, failed: 1, handled: 2 });
  await clock.runUntilIdle();
  const [first, fault, third, fourth] = await answers;
  expect([first, third, fourth]).toEqual(['life 1, message 1', 'life 2, message 1', 'life 2, message 2']);
  expect(fault).toMatchObject({ code: 'internal', node: 'edge-1', hop: 'device-1 -> edge-1/fragile' });
  expect((fault as AiflowError).message).toBe('actor fragile on node edge-1 failed: x is not a function');
  expect(JSON.stringify(fault)).not.toContain('supervision.test');
  expect(fragile.disposed).toEqual([1]);
  await expectNothingLeft();
});

test('an AiflowError is an answer: the actor lives on', async () => {
  const { device, edge } = await createVirtualFleet();
  edge.spawn(defineFragile());
  expect(await asking(device, 'refuse')).toMatchObject({ code: 'failed-precondition', message: 'not today' });
  expect(await asking(device, 'fine')).toBe('life 1, message 2');
  expect(statusOf(edge)).toMatchObject({ restarts: 0, failed: 1, handled: 2 });
});

test('pauses double up to the limit with jitter below it, and too many faults stop the actor for good', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet();
  const fragile = defineFragile({ supervision: { initialBackoffMs: 100, maxBackoffMs: 400, maxRestarts: 4 } });
  edge.spawn(fragile);
  const pauses: number[] = [];
  for (let fault = 0; fault < 4; fault++) {
    await asking(device, 'throw');
    const beganMs = clock.nowMs();
    const next = asking(device, 'fine');
    await clock.runUntilIdle();
    expect(await next).toBe(`life ${fault + 2}, message 1`);
    pauses.push(clock.nowMs() - beganMs);
  }
  for (const [index, ceilingMs] of [100, 200, 400, 400].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(ceilingMs / 2);
    expect(pauses[index]).toBeLessThan(ceilingMs);
  }
  const waiting = asking(device, 'throw');
  const behind = asking(device, 'fine');
  await clock.runUntilIdle();
  expect(await waiting).toMatchObject({ code: 'internal' });
  const down = { code: 'unavailable', message: expect.stringContaining('is down after 4 restarts within 60000 ms') };
  expect(await behind).toMatchObject(down);
  expect(await asking(device, 'fine')).toMatchObject(down);
  expect(statusOf(edge)).toMatchObject({ state: 'stopped', restarts: 4 });
  expect(fragile.disposed).toEqual([1, 2, 3, 4, 5]);
  await expectNothingLeft();
});

test('a create that throws is retried after the pause; messages wait for it', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  let tries = 0;
  const create = async (): Promise<Life> => {
    tries += 1;
    if (tries < 3) throw new Error('no camera');
    return { number: tries, handled: 0 };
  };
  edge.spawn(defineFragile({ create }));
  const answer = asking(device, 'fine');
  await clock.runUntilIdle();
  expect(await answer).toBe('life 3, message 1');
});

test('a create that never ends is given up after startTimeoutMs', async () => {
  const { edge, clock } = await createVirtualFleet();
  edge.spawn(
    defineFragile({ create: () => new Promise(() => undefined), startTimeoutMs: 500, supervision: { maxRestarts: 0 } }),
  );
  await clock.runUntilIdle();
  expect(statusOf(edge)).toMatchObject({ state: 'stopped' });
  expect(clock.nowMs()).toBe(500);
});

test('a handler that hangs is answered at its limit, given up a second later, and the actor serves on', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet();
  edge.spawn(defineFragile({ handlerTimeoutMs: 300 }));
  const beganMs = clock.nowMs();
  const hung = asking(device, 'hang').then(answer => ({ answer, atMs: clock.nowMs() - beganMs }));
  const behind = asking(device, 'fine');
  await clock.runUntilIdle();
  expect(await hung).toMatchObject({ answer: { code: 'deadline-exceeded', node: 'edge-1' }, atMs: 300 });
  expect(await behind).toBe('life 2, message 1');
  expect(clock.nowMs() - beganMs).toBeGreaterThan(1_300);
  expect(clock.nowMs() - beganMs).toBeLessThan(1_500);
  await expectNothingLeft();
});

test('a handler that ends when its signal aborts costs no restart, and never meets the next one', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  edge.spawn(defineFragile({ handlerTimeoutMs: 50 }));
  expect(
    await Promise.all([asking(device, 'wait'), asking(device, 'fine'), clock.runUntilIdle()]).then(all =>
      all.slice(0, 2),
    ),
  ).toMatchObject([{ code: 'deadline-exceeded' }, 'life 1, message 2']);
  expect(statusOf(edge)).toMatchObject({ restarts: 0 });
});

test('an asker that gives up early does not make a slow handler a fault', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  const stubborn = onAsk<Life, string, string>(act, async (_life, _how, context) => {
    await sleep(context.clock, 5_000);
    return 'done';
  });
  edge.spawn(defineFragile({ handlers: [stubborn] }));
  const answers = Promise.all([asking(device, 'first', 10), asking(device, 'second', 20_000)]);
  await clock.runUntilIdle();
  expect(await answers).toMatchObject([{ code: 'deadline-exceeded' }, 'done']);
  expect(statusOf(edge)).toMatchObject({ restarts: 0, handled: 2 });
});

test('a flood beyond the mailbox is answered resource-exhausted with a retry-after, and every message is answered', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet();
  edge.spawn(defineFragile({ mailboxCapacity: 8 }));
  await clock.advance(1);
  const answers = Promise.all(Array.from({ length: 100 }, () => asking(device, 'wait')));
  await clock.runUntilIdle();
  const refused = (await answers).filter(answer => answer instanceof AiflowError);
  expect(refused.length).toBeGreaterThanOrEqual(91);
  expect(refused.length).toBeLessThanOrEqual(92);
  for (const error of refused) {
    expect(error).toMatchObject({ code: 'resource-exhausted', retryable: true, node: 'edge-1' });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(10);
    expect(error.message).toContain('mailbox of actor fragile on node edge-1 is full with 8 messages');
  }
  expect(statusOf(edge)).toMatchObject({ refused: refused.length, handled: 100 - refused.length });
  await expectNothingLeft();
});

test('with concurrency 3 three handlers run at once, and a fault of one answers the others unavailable', async () => {
  const { device, edge, clock, expectNothingLeft } = await createVirtualFleet();
  edge.spawn(defineFragile({ concurrency: 3 }));
  const waiting = [asking(device, 'wait'), asking(device, 'wait')];
  await clock.advance(10);
  expect(statusOf(edge)).toMatchObject({ inProgress: 2 });
  const fault = asking(device, 'throw');
  await clock.runUntilIdle();
  expect(await fault).toMatchObject({ code: 'internal' });
  expect(await Promise.all(waiting)).toMatchObject([{ code: 'unavailable' }, { code: 'unavailable' }]);
  await expectNothingLeft();
});

test('a stream that throws ends with internal after the items before it', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  edge.spawn(defineFragile());
  for (const system of [device, edge]) {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of system.stream(to, flow, 'throw')) items.push(item);
    };
    const reading = read().catch(AiflowError.from);
    await clock.runUntilIdle();
    expect(await reading).toMatchObject({ code: 'internal', node: 'edge-1', hop: `${system.node} -> edge-1/fragile` });
    expect(items).toEqual([1]);
  }
});

test('a message of class latest takes the place of an older one with its key that still waits', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  edge.spawn(defineFragile());
  const latest = { deliveryClass: 'latest', latestKey: 'pose' } as const;
  const busy = asking(device, 'wait');
  await clock.advance(1);
  const asks = ['a', 'b', 'c'].map(how => device.ask(to, act, how, latest).catch(AiflowError.from));
  await clock.runUntilIdle();
  expect(await busy).toBe('life 1, message 1');
  expect(await Promise.all(asks)).toMatchObject([{ code: 'aborted' }, { code: 'aborted' }, 'life 1, message 2']);
});

test('stops that overlap all resolve once the handlers are done', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  const handle = edge.spawn(defineFragile());
  const answer = asking(device, 'wait');
  await clock.advance(10);
  const resolved: string[] = [];
  const stops = ['first', 'second'].map(name => handle.stop().then(() => void resolved.push(name)));
  await clock.advance(80);
  expect(resolved).toEqual([]);
  await clock.runUntilIdle();
  expect(resolved).toEqual(['first', 'second']);
  await Promise.all(stops);
  expect(await answer).toBe('life 1, message 1');
  expect(clock.pendingTimers).toBe(0);
});

test('stop lets handlers in progress finish, answers waiting messages, and frees the name', async () => {
  const { device, edge, clock } = await createVirtualFleet();
  const handle = edge.spawn(defineFragile());
  const answers = Promise.all([asking(device, 'wait'), asking(device, 'fine')]);
  await clock.advance(10);
  const stopped = handle.stop();
  await clock.runUntilIdle();
  await stopped;
  expect(await answers).toMatchObject(['life 1, message 1', { code: 'unavailable' }]);
  expect(handle.status()).toMatchObject({ state: 'stopped' });
  expect(await asking(device, 'fine')).toMatchObject({ code: 'not-found' });
  edge.spawn(defineFragile());
  expect(await asking(device, 'fine')).toBe('life 1, message 1');
});
