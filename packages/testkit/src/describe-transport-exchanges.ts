// SPDX-License-Identifier: Apache-2.0
import { type ActorDefinition, type ActorSystem, createActorSystem, defineActor, onAsk, onStream } from '@aiflow/actor';
import { bytesPayload, jsonAsk, jsonStream } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock, sleep } from '@aiflow/time';
import { expect, test } from 'vitest';
import { ABSENT_NODE, type TransportBench } from './transport-harness.ts';

const echo = { kind: 'ask', request: bytesPayload('testkit.echo'), reply: bytesPayload('testkit.echoed') } as const;
const hang = jsonAsk<null, null>('testkit.hang');
const count = jsonStream<{ to: number }, number>('testkit.count');
const worker = { node: 'beta', actor: 'worker' };

/** Two actor systems over the transport: what actors need of it. */
export function testTransportExchanges(bench: TransportBench): void {
  test('answers many asks at once, each with its own reply', async () => {
    const { alpha } = await openSystems(bench);
    const asks = Array.from({ length: 256 }, async (_, index) => {
      const reply = await alpha.ask(worker, echo, Buffer.from(`ask ${index}`));
      return Buffer.from(reply).toString();
    });
    expect(await Promise.all(asks)).toEqual(Array.from({ length: 256 }, (_, index) => `ask ${index}`));
  });

  test('carries a failure with node and hop, and fails an ask to an absent node before its deadline', async () => {
    const { alpha } = await openSystems(bench);
    const stranger = { node: 'beta', actor: 'stranger' };
    await expect(alpha.ask(stranger, echo, new Uint8Array(1))).rejects.toMatchObject({
      code: 'not-found',
      node: 'beta',
      hop: 'alpha -> beta/stranger',
    });
    const absent = { node: ABSENT_NODE, actor: 'worker' };
    await expect(alpha.ask(absent, echo, new Uint8Array(1), { timeoutMs: 3_000 })).rejects.toMatchObject({
      code: expect.stringMatching(/unavailable|deadline-exceeded/),
      hop: expect.stringContaining(`alpha -> ${ABSENT_NODE}`),
    });
  });

  test('streams in order, the producer never further ahead than its credit', async () => {
    const seen = { produced: 0, ended: 0, cancelled: 0 };
    const { alpha } = await openSystems(bench, seen);
    let taken = 0;
    for await (const item of alpha.stream(worker, count, { to: 500 }, { credit: 8 })) {
      expect(item).toBe(taken);
      taken += 1;
      expect(seen.produced - taken).toBeLessThanOrEqual(8);
    }
    expect(taken).toBe(500);
  });

  test('leaving a stream ends its producer', async () => {
    const seen = { produced: 0, ended: 0, cancelled: 0 };
    const { alpha } = await openSystems(bench, seen);
    for await (const item of alpha.stream(worker, count, { to: 1_000_000 }, { credit: 4 })) if (item === 10) break;
    await expect.poll(() => seen.ended, { timeout: 5_000 }).toBe(1);
    expect(seen.produced).toBeLessThan(30);
  });

  test('cancelling an ask aborts the signal of its handler', async () => {
    const seen = { produced: 0, ended: 0, cancelled: 0 };
    const { alpha } = await openSystems(bench, seen);
    const controller = new AbortController();
    const asking = alpha.ask(worker, hang, null, { signal: controller.signal });
    asking.catch(() => undefined);
    await expect.poll(() => seen.produced, { timeout: 5_000 }).toBe(1);
    controller.abort();
    await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => seen.cancelled, { timeout: 5_000 }).toBe(1);
  });
}

interface Seen {
  produced: number;
  ended: number;
  cancelled: number;
}

async function openSystems(bench: TransportBench, seen: Seen = { produced: 0, ended: 0, cancelled: 0 }) {
  const beta = await openSystem(bench, 'beta');
  beta.spawn(defineWorker(seen));
  return { alpha: await openSystem(bench, 'alpha'), beta };
}

async function openSystem(bench: TransportBench, node: string): Promise<ActorSystem> {
  const transport = await bench.harness.transports(node);
  const clock = createSystemClock({ keepAlive: true });
  const system = createActorSystem({ transport, clock, random: createSeededRandom(node) });
  bench.closeLater(() => system[Symbol.asyncDispose]());
  await system.start();
  return system;
}

function defineWorker(seen: Seen): ActorDefinition<null> {
  return defineActor<null>({
    name: 'worker',
    create: () => null,
    concurrency: 8,
    mailboxCapacity: 1_024,
    handlers: [
      onAsk(echo, (_state, request) => request),
      onAsk(hang, async (_state, _request, context) => {
        seen.produced += 1;
        context.signal.addEventListener('abort', () => {
          seen.cancelled += 1;
        });
        await sleep(context.clock, 60_000, context.signal);
        return null;
      }),
      onStream(count, async function* (_state, { to }) {
        try {
          for (let value = 0; value < to; value++) {
            seen.produced += 1;
            yield value;
          }
        } finally {
          seen.ended += 1;
        }
      }),
    ],
  });
}
