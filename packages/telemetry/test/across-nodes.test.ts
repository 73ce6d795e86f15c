// SPDX-License-Identifier: Apache-2.0
import {
  type ActorSystem,
  createActorSystem,
  createMemoryNetwork,
  defineActor,
  onAsk,
  onStream,
  onTell,
} from '@aiflow/actor';
import { AiflowError, jsonAsk, jsonStream, jsonTell } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterEach, expect, test } from 'vitest';
import {
  collectTrace,
  createTelemetry,
  createTraceActor,
  parseTraceParent,
  type SpanRecord,
  type Telemetry,
  TRACE_ACTOR,
} from '../src/index.ts';

const measure = jsonAsk<{ readonly hops: number }, { readonly hops: number }>('acme.measure');
const count = jsonStream<{ readonly to: number }, number>('acme.count');
const note = jsonTell<string>('acme.note');

interface Peer {
  readonly system: ActorSystem;
  readonly telemetry: Telemetry;
}

const open: ActorSystem[] = [];

afterEach(async () => {
  for (const system of open.splice(0)) await system[Symbol.asyncDispose]();
});

async function twoNodes(): Promise<{ device: Peer; edge: Peer }> {
  const clock = createSystemClock();
  const network = createMemoryNetwork({ clock, random: createSeededRandom(1) });
  const start = async (node: string, tier: 'device' | 'edge'): Promise<Peer> => {
    const random = createSeededRandom(node);
    const telemetry = createTelemetry({ clock, random }, { node, tier, fleet: 'demo' });
    const interceptors = [telemetry.interceptor];
    const system = createActorSystem({ transport: network.transport(node), clock, random, interceptors });
    open.push(system);
    system.spawn(createTraceActor(telemetry.spans));
    await system.start();
    return { system, telemetry };
  };
  const device = await start('device-1', 'device');
  const edge = await start('edge-1', 'edge');
  const sensor = defineActor({
    name: 'sensor',
    create: () => undefined,
    handlers: [onAsk(measure, () => ({ hops: 2 }))],
  });
  device.system.spawn(sensor);
  const planner = defineActor({
    name: 'planner',
    create: () => undefined,
    handlers: [
      onAsk(measure, (_state, request, context) => {
        if (request.hops < 0) throw new AiflowError('out-of-range', 'hops must not be negative');
        return context.ask({ node: 'device-1', actor: 'sensor' }, measure, request);
      }),
      onStream(count, async function* (_state, { to }) {
        for (let item = 0; item < to; item++) yield item;
      }),
      onTell(note, () => undefined),
    ],
  });
  edge.system.spawn(planner);
  return { device, edge };
}

const PLANNER = { node: 'edge-1', actor: 'planner' };

async function spansOf(
  { device, edge }: { device: Peer; edge: Peer },
  traceId: string,
): Promise<readonly SpanRecord[]> {
  const remote = await device.system.ask({ node: 'edge-1', actor: TRACE_ACTOR }, collectTrace, { traceId });
  expect(remote.every(span => span.node === 'edge-1')).toBe(true);
  expect(edge.telemetry.spans.held).toBeGreaterThanOrEqual(remote.length);
  return [...device.telemetry.spans.collect(traceId), ...remote];
}

test('one trace follows a request to another node and back, each span the child of the one before', async () => {
  const nodes = await twoNodes();
  const root = nodes.device.telemetry.startSpan('aiflow.answer');
  await nodes.device.system.ask(PLANNER, measure, { hops: 0 }, { trace: root.context() });
  root.end();
  const traceId = parseTraceParent(root.context())!.traceId;
  const spans = await spansOf(nodes, traceId);
  const chain: string[] = [];
  for (
    let span = spans.find(each => each.parentId === '');
    span !== undefined;
    span = spans.find(each => each.parentId === chain.at(-1)!.split(' ')[0])
  ) {
    chain.push(`${span.spanId} ${span.node} ${span.name}`);
  }
  expect(chain.map(entry => entry.slice(17))).toEqual([
    'device-1 aiflow.answer',
    'device-1 ask planner',
    'edge-1 process planner',
    'edge-1 ask sensor',
    'device-1 process sensor',
  ]);
  expect(spans).toHaveLength(5);
});

test('an error is on the spans of both sides, and the asker gets it', async () => {
  const nodes = await twoNodes();
  const root = nodes.device.telemetry.startSpan('aiflow.answer');
  const asking = nodes.device.system.ask(PLANNER, measure, { hops: -1 }, { trace: root.context() });
  await expect(asking).rejects.toThrow('hops must not be negative');
  const spans = await spansOf(nodes, parseTraceParent(root.context())!.traceId);
  expect(spans.map(span => [span.name, span.status, span.attributes['error.type']])).toEqual([
    ['ask planner', 'error', 'out-of-range'],
    ['process planner', 'error', 'out-of-range'],
  ]);
});

test('a stream is one span a side with its items, a tell a producer and a consumer', async () => {
  const nodes = await twoNodes();
  const root = nodes.device.telemetry.startSpan('aiflow.answer');
  const trace = root.context();
  const items: number[] = [];
  for await (const item of nodes.device.system.stream(PLANNER, count, { to: 5 }, { trace })) items.push(item);
  await nodes.device.system.tell(PLANNER, note, 'done', { trace });
  await nodes.device.system.ask(PLANNER, measure, { hops: 0 });
  const spans = await spansOf(nodes, parseTraceParent(trace)!.traceId);
  expect(items).toHaveLength(5);
  expect(spans.map(span => `${span.kind} ${span.name} ${span.attributes['aiflow.stream.items'] ?? ''}`.trim())).toEqual(
    ['client stream planner 5', 'producer tell planner', 'server process planner 5', 'consumer process planner'],
  );
});

test('asking for an unknown trace gives none, for a nonsense one a reason', async () => {
  const { device } = await twoNodes();
  const ask = (traceId: string): Promise<unknown> =>
    device.system.ask({ node: 'edge-1', actor: TRACE_ACTOR }, collectTrace, { traceId });
  expect(await ask('a'.repeat(32))).toEqual([]);
  await expect(ask('nonsense')).rejects.toThrow('collect needs a traceId of 32 lower-case hex digits');
});
