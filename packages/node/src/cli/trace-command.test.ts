// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createTelemetry, createTraceActor, parseTraceParent, type Telemetry } from '@aiflow/telemetry';
import { type Clock, createSeededRandom, createSystemClock } from '@aiflow/time';
import pc from 'picocolors';
import { afterEach, expect, test } from 'vitest';
import type { TraceSource } from '../client/collect-trace.ts';
import type { Terminal } from './terminal.ts';
import { parseTraceId, showTrace, showTraces } from './trace-command.ts';

const clock = createSystemClock({ keepAlive: true });
const open: ActorSystem[] = [];

afterEach(async () => {
  for (const system of open.splice(0)) await system[Symbol.asyncDispose]();
});

interface Shown extends Terminal {
  readonly written: { out: string; err: string };
}

function terminal(): Shown {
  const written = { out: '', err: '' };
  return {
    ...{ written, interactive: false, columns: 110, rows: 24, color: pc.createColors(false), environment: {} },
    out: text => {
      written.out += text;
    },
    err: text => {
      written.err += text;
    },
  };
}

interface Fleet {
  readonly source: TraceSource;
  readonly telemetry: Readonly<Record<string, Telemetry>>;
}

/** Real nodes but for the broker; those in `states` are in that state, and those in `hours` have another clock. */
async function fleet(
  names: readonly string[],
  { states = {}, hours = {} }: { states?: Record<string, string>; hours?: Record<string, number> } = {},
): Promise<Fleet> {
  const network = createMemoryNetwork({ clock, random: createSeededRandom(1) });
  const systems = await Promise.all(
    ['client', ...names].map(async node => {
      const random = createSeededRandom(node);
      const own: Clock = { ...clock, wallMs: () => clock.wallMs() + (hours[node] ?? 0) * 3_600_000 };
      const telemetry = createTelemetry({ clock: own, random }, { node, tier: 'edge', fleet: 'demo' });
      const interceptors = [telemetry.interceptor];
      const system = createActorSystem({ transport: network.transport(node), clock, random, interceptors });
      open.push(system);
      system.spawn(createTraceActor(telemetry.spans));
      await system.start();
      return { node, system, telemetry };
    }),
  );
  const caller = systems[0]!.system;
  const nodes = [...new Set([...names, ...Object.keys(states)])].map(name => ({
    name,
    state: states[name] ?? 'alive',
  }));
  return {
    source: { nodes: () => nodes, ask: (...args) => caller.ask(...args) },
    telemetry: Object.fromEntries(systems.map(({ node, telemetry }) => [node, telemetry])),
  };
}

function leaveTrace({ telemetry }: Fleet): string {
  const answer = telemetry['device-1']!.startSpan('aiflow.answer');
  const finish = telemetry['edge-1']!.startSpan('aiflow.finish', { parent: answer.context() });
  finish.end();
  answer.end();
  return parseTraceParent(answer.context())!.traceId;
}

const shown = (traceId: string, json = false) => ({ traceId, clock, json, keepAlike: 8 });

test('draws what all nodes know of a trace', async () => {
  const nodes = await fleet(['device-1', 'edge-1']);
  const [out, traceId] = [terminal(), leaveTrace(nodes)];
  expect(await showTrace(out, nodes.source, shown(traceId))).toBe(0);
  expect(out.written.out).toMatch(new RegExp(`^trace ${traceId} {2}2 nodes {2}2 spans`));
  expect(out.written.out).toMatch(/^aiflow.answer +device-1 /m);
  expect(out.written.out).toMatch(/^└─ aiflow.finish +edge-1 /m);
  expect(out.written.err).toBe('');
});

test('a node whose clock is a year ahead is drawn where it belongs', async () => {
  const nodes = await fleet(['device-1', 'edge-1'], { hours: { 'edge-1': 365 * 24 } });
  const out = terminal();
  await showTrace(out, nodes.source, shown(leaveTrace(nodes)));
  expect(out.written.out).toMatch(/^edge-1 clock \+1 y.* corrected$/m);
  expect(out.written.out.split('\n')[0]).not.toContain(' y ');
});

test('a node that can not be reached is named, and the rest is drawn', async () => {
  const nodes = await fleet(['device-1', 'edge-1'], { states: { 'edge-1': 'dead', 'cloud-1': 'alive' } });
  const out = terminal();
  await showTrace(out, nodes.source, shown(leaveTrace(nodes)));
  expect(out.written.out).toContain('1 node  1 span');
  expect(out.written.err).toMatch(/^not reached, so what they know is missing: edge-1 \(dead\), cloud-1 \(/);
});

test('a trace that nobody knows, and a fleet that does not answer, are said plainly', async () => {
  const nodes = await fleet(['device-1'], { states: { 'edge-1': 'dead' } });
  const none = 'a'.repeat(32);
  await expect(showTrace(terminal(), nodes.source, shown(none))).rejects.toThrow(
    `trace ${none} is known to none of device-1, and these could not be asked: edge-1 (dead); aiflow trace lists the latest`,
  );
  const lost = await fleet([], { states: { 'edge-1': 'dead' } });
  await expect(showTrace(terminal(), lost.source, shown(none))).rejects.toThrow(
    'no node could be asked for its traces: edge-1 (dead); see aiflow doctor',
  );
  expect(() => parseTraceId('nonsense')).toThrow('trace id "nonsense" is not 32 hex digits');
  expect(parseTraceId('A'.repeat(32))).toBe(none);
});

test('lists the latest traces with root, age, time and nodes, the root’s first', async () => {
  const nodes = await fleet(['edge-1', 'device-1']);
  const first = leaveTrace(nodes);
  await new Promise(resolve => clock.setTimer(5, () => resolve(undefined)));
  const second = leaveTrace(nodes);
  const out = terminal();
  expect(await showTraces(out, nodes.source, { json: false, limit: 20 })).toBe(0);
  const [head, ...rows] = out.written.out.trimEnd().split('\n');
  expect(head).toMatch(/^TRACE +ROOT +AGE +TOOK +SPANS +FAILED +NODES$/);
  expect(rows.map(row => row.split(/\s+/)[0])).toEqual([second, first]);
  expect(rows[0]).toMatch(/aiflow\.answer .* 2 +- +device-1 edge-1$/);
  const limited = terminal();
  await showTraces(limited, nodes.source, { json: true, limit: 1 });
  expect(JSON.parse(limited.written.out)).toMatchObject({
    traces: [{ traceId: second, name: 'aiflow.answer', spans: 2, nodes: ['device-1', 'edge-1'] }],
    missing: [],
  });
});

test('in JSON a trace has its spans, who gave them, and who could not be asked', async () => {
  const nodes = await fleet(['device-1', 'edge-1'], { states: { 'cloud-1': 'dead' } });
  const [out, traceId] = [terminal(), leaveTrace(nodes)];
  await showTrace(out, nodes.source, shown(traceId, true));
  const told = JSON.parse(out.written.out) as { nodes: { clock: { uncertaintyMs: number } }[] };
  expect(told).toMatchObject({
    traceId,
    spans: [{ name: 'aiflow.answer' }, { name: 'aiflow.finish' }],
    nodes: [
      { node: 'device-1', spans: 1 },
      { node: 'edge-1', spans: 1 },
    ],
    missing: [{ node: 'cloud-1', reason: 'dead' }],
  });
});

test('a fleet without traces says so', async () => {
  const out = terminal();
  await showTraces(out, (await fleet(['device-1'])).source, { json: false, limit: 20 });
  expect(out.written.err).toBe('no node knows of a trace yet: aiflow ask makes one\n');
});
