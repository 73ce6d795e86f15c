// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, defineActor, onAsk, onStream } from '@aiflow/actor';
import { type LaunchedBroker, launchBroker } from '@aiflow/lab';
import { jsonAsk, jsonStream } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeStation } from './transport-pair.ts';

const double = jsonAsk<number, number>('test.double');
const count = jsonStream<number, number>('test.count');

let broker: LaunchedBroker;
let caller: ActorSystem;
let callee: ActorSystem;
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
});
afterAll(() => broker.stop());

beforeEach(async () => {
  const [one, two] = ['one', 'two'].map(node => {
    const { transport } = makeStation({ url: broker.url, node });
    const clock = createSystemClock({ keepAlive: true });
    return { transport, system: createActorSystem({ transport, clock, random: createSeededRandom(1) }) };
  });
  caller = one!.system;
  callee = two!.system;
  callee.spawn(
    defineActor({
      name: 'calculator',
      mailboxCapacity: 1024,
      create: () => undefined,
      handlers: [
        onAsk(double, (_state, request) => request * 2),
        onStream(count, async function* (_state, limit) {
          for (let index = 0; index < limit; index++) yield index;
        }),
      ],
    }),
  );
  await Promise.all([caller.start(), callee.start()]);
  await one!.transport.admit(two!.transport.place);
  await two!.transport.admit(one!.transport.place);
});
afterEach(async () => {
  await caller[Symbol.asyncDispose]();
  await callee[Symbol.asyncDispose]();
});

describe('actors over NATS', () => {
  const calculator = { node: 'two', actor: 'calculator' };

  test('answer an ask', async () => {
    expect(await caller.ask(calculator, double, 21)).toBe(42);
  });

  test('answer 1 000 asks at once, each with its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => caller.ask(calculator, double, index)),
    );
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, index) => index * 2));
  }, 30_000);

  test('stream items in order', async () => {
    const items: number[] = [];
    for await (const item of caller.stream(calculator, count, 100)) items.push(item);
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  test('that left are unavailable within milliseconds, not after the timeout', async () => {
    await callee[Symbol.asyncDispose]();
    const beganMs = performance.now();
    await expect(caller.ask(calculator, double, 1)).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - beganMs).toBeLessThan(1000);
  });
});
