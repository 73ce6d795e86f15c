// SPDX-License-Identifier: Apache-2.0
import { createActorSystem, defineActor, onAsk } from '@aiflow/actor';
import { createLinkEmulator, type LaunchedBroker, type LinkEmulator, launchBroker } from '@aiflow/lab';
import { jsonAsk } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock, sleep } from '@aiflow/time';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { allAlive, joinMesh, stateOf } from './mesh-station.ts';
import { introduceEachOther, makeStation, message, openStation } from './transport-pair.ts';

const clock = createSystemClock({ keepAlive: true });
let broker: LaunchedBroker;
let link: LinkEmulator;
let url: string;
beforeAll(async () => {
  broker = await launchBroker({}, { jetStream: false });
  link = await createLinkEmulator(
    { clock, random: createSeededRandom(1) },
    { target: { host: '127.0.0.1', port: broker.port } },
  );
  url = `nats://127.0.0.1:${link.port}`;
});
beforeEach(() => {
  link.heal();
  link.set({ delayMs: 0, bytesPerSecond: undefined });
});
afterAll(async () => {
  await link.close();
  await broker.stop();
});

describe('when the link is cut by a reset', () => {
  test('a send fails at once, what waits fails, and all is well after the link healed', async () => {
    await using one = await openStation({ url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await introduceEachOther(one, two);
    link.cut('reset');
    await vi.waitFor(() => expect(one.transport.health().control).toBe('down'));
    expect(() => one.transport.send(message('one', 'two'))).toThrow(/no connection to the broker/);
    await expect(
      one.transport.send(message('one', 'two', { deliveryClass: 'bulk', payload: new Uint8Array(500_000) })),
    ).rejects.toMatchObject({ code: 'unavailable', hop: expect.stringContaining('-> broker nats:') });
    link.heal();
    await vi.waitFor(() => expect(one.transport.health()).toMatchObject({ control: 'up', bulk: 'up' }), 5_000);
    await one.transport.send(message('one', 'two'));
    await vi.waitFor(() => expect(two.delivered).toHaveLength(1), 5_000); // what one subscribed to again went before it
    await two.transport.send(message('two', 'one'));
    await vi.waitFor(() => expect(one.delivered).toHaveLength(1), 5_000);
  });

  test('a large message that was half sent fails and leaves nothing behind', async () => {
    link.set({ bytesPerSecond: 1_000_000 });
    await using one = await openStation({ url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two', chunkTimeoutMs: 300 });
    await introduceEachOther(one, two);
    const sent = Promise.resolve(one.transport.send(message('one', 'two', { payload: new Uint8Array(4_000_000) })));
    const outcome = expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    await sleep(clock, 500);
    link.cut('reset');
    await outcome;
    await vi.waitFor(() => expect(two.transport.counters().incomplete).toBe(1), 3_000);
    expect(one.transport.health().queuedBytes).toBe(0);
  });
});

describe('when the link falls silent', () => {
  test('it is noticed by pings, sends fail from then on, and it comes back', async () => {
    await using one = await openStation({ url, node: 'one', pingIntervalMs: 200 });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await introduceEachOther(one, two);
    link.cut('silence');
    const beganMs = performance.now();
    await vi.waitFor(() => expect(one.transport.health().control).toBe('down'), 5_000);
    expect(performance.now() - beganMs).toBeLessThan(3_000);
    expect(() => one.transport.send(message('one', 'two'))).toThrow(/no connection to the broker/);
    await sleep(clock, 1_000);
    link.heal();
    await vi.waitFor(() => expect(one.transport.health()).toMatchObject({ control: 'up', bulk: 'up' }), 8_000);
    await one.transport.send(message('one', 'two'));
    await vi.waitFor(() => expect(two.delivered.length).toBe(1));
  });

  test('the mesh counts the node as dead, and as alive when it is back', async () => {
    await using near = await joinMesh({ control: { urls: broker.url }, node: 'near' });
    await using far = await joinMesh({ control: { urls: url }, node: 'far', pingIntervalMs: 200 });
    await allAlive(near, far);
    link.cut('silence');
    await vi.waitFor(() => expect(stateOf(near, 'far')).toBe('dead'), 5_000);
    expect(() => near.mesh.transport.send(message('near', 'far'))).toThrow(/node far is dead/);
    await vi.waitFor(() => expect(stateOf(far, 'near')).toBe('dead'), 5_000);
    link.heal();
    await allAlive(near, far);
    await near.mesh.transport.send(message('near', 'far'));
    await vi.waitFor(() => expect(far.delivered).toHaveLength(1));
  });
});

describe('when the broker is killed and restarted', () => {
  test('nodes find each other again and asks are answered', async () => {
    const own = await launchBroker({}, { jetStream: false });
    await using one = await joinMesh({ control: { urls: own.url }, node: 'one' });
    await using two = await joinMesh({ control: { urls: own.url }, node: 'two' });
    await allAlive(one, two);
    for (let round = 0; round < 3; round++) {
      await own.kill();
      await vi.waitFor(() => expect(one.mesh.health().control).toBe('down'));
      expect(() => one.mesh.transport.send(message('one', 'two'))).toThrow(/no connection to the broker/);
      await own.restart();
      await vi.waitFor(() => expect(one.mesh.health().control).toBe('up'), 5_000);
      await allAlive(one, two);
    }
    const heard = two.delivered.length;
    await vi.waitFor(async () => {
      await one.mesh.transport.send(message('one', 'two'));
      expect(two.delivered.length).toBeGreaterThan(heard);
    }, 8_000);
    await own.stop();
  });

  test('asks that are under way fail or are answered, and none hangs past its time', async () => {
    const own = await launchBroker({}, { jetStream: false });
    const echo = jsonAsk<number, number>('test.echo');
    const [one, two] = ['one', 'two'].map(node => {
      const { transport } = makeStation({ url: own.url, node });
      return { transport, system: createActorSystem({ transport, clock, random: createSeededRandom(1) }) };
    });
    two!.system.spawn(
      defineActor({ name: 'echo', create: () => 0, handlers: [onAsk(echo, (_state, request) => request)] }),
    );
    await Promise.all([one!.system.start(), two!.system.start()]);
    await introduceEachOther(
      { ...makeStation({ url: own.url, node: 'x' }), transport: one!.transport },
      {
        ...makeStation({ url: own.url, node: 'y' }),
        transport: two!.transport,
      },
    );
    let running = true;
    const outcomes = { answered: 0, failed: 0 };
    const ask = async (index: number): Promise<void> => {
      const reply = await one!.system.ask({ node: 'two', actor: 'echo' }, echo, index, { timeoutMs: 1_500 });
      expect(reply).toBe(index);
      outcomes.answered++;
    };
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let index = 0; running; index++) {
          await ask(index * 8 + lane).catch(error => {
            expect(error.code).toMatch(/unavailable|deadline-exceeded/);
            outcomes.failed++;
            return sleep(clock, 20);
          });
        }
      }),
    );
    await sleep(clock, 300);
    await own.kill();
    await sleep(clock, 300);
    const answeredBefore = outcomes.answered;
    await own.restart();
    await vi.waitFor(() => expect(outcomes.answered).toBeGreaterThan(answeredBefore + 100), 8_000);
    running = false;
    await load;
    expect(outcomes.failed).toBeGreaterThan(0);
    await one!.system[Symbol.asyncDispose]();
    await two!.system[Symbol.asyncDispose]();
    await own.stop();
  });
});

describe('while bulk data moves', () => {
  test('control messages on a slow link pass it by', async () => {
    link.set({ bytesPerSecond: 1_250_000, delayMs: 10 });
    await using one = await openStation({ url, node: 'one' });
    await using two = await openStation({ url, node: 'two' });
    await introduceEachOther(one, two);
    const roundTrip = async (): Promise<number> => {
      const seen = two.delivered.length;
      const beganMs = performance.now();
      await one.transport.send(message('one', 'two'));
      await vi.waitFor(() => expect(two.delivered.length).toBeGreaterThan(seen), { interval: 2, timeout: 5_000 });
      return performance.now() - beganMs;
    };
    const idleMs = await roundTrip();
    const bulk = Promise.resolve(
      one.transport.send(message('one', 'two', { deliveryClass: 'bulk', payload: new Uint8Array(4_000_000) })),
    );
    bulk.catch(() => undefined);
    await sleep(clock, 300);
    const busyMs: number[] = [];
    for (let round = 0; round < 15; round++) busyMs.push(await roundTrip());
    expect(one.transport.health().queuedBytes).toBeGreaterThan(0); // it was busy all the while
    busyMs.sort((a, b) => a - b);
    // 4 MB take 3.2 s here: behind them a message would wait for seconds.
    expect(busyMs[7]).toBeLessThan(idleMs + 400);
    await bulk;
  });

  test('two receivers share the link, neither waits for all of the other', async () => {
    link.set({ bytesPerSecond: 2_000_000 });
    await using one = await openStation({ url, node: 'one' });
    await using two = await openStation({ url: broker.url, node: 'two' });
    await using three = await openStation({ url: broker.url, node: 'three' });
    await introduceEachOther(one, two, three);
    const order: string[] = [];
    const send = async (to: string, bytes: number): Promise<void> => {
      await one.transport.send(message('one', to, { deliveryClass: 'bulk', payload: new Uint8Array(bytes) }));
      order.push(to);
    };
    await Promise.all([send('two', 2_000_000), send('three', 200_000)]);
    expect(order).toEqual(['three', 'two']);
  });
});
