// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AiflowError } from '@aiflow/protocol';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterEach, expect, test } from 'vitest';
import { createTelemetry, parseTraceParent, type Telemetry, type TelemetryOptions } from '../src/index.ts';

interface Received {
  readonly path: string;
  readonly contentType: string;
  readonly body: unknown;
}

interface Collector {
  readonly url: string;
  readonly requests: readonly Received[];
  /** Answers nobody from now on, but keeps connections open. */
  hang(): void;
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

async function collector(status: number): Promise<Collector> {
  const requests: Received[] = [];
  let hanging = false;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const contentType = request.headers['content-type'] ?? '';
      requests.push({ path: request.url ?? '', contentType, body: JSON.parse(Buffer.concat(parts).toString('utf8')) });
      if (!hanging) response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    hang: () => {
      hanging = true;
    },
  };
}

function exportingTo(otlpEndpoint: string, exporting: TelemetryOptions['exporting'] = {}): Telemetry {
  const collaborators = { clock: createSystemClock({ keepAlive: true }), random: createSeededRandom(1) };
  return createTelemetry(collaborators, { node: 'edge-1', tier: 'edge', fleet: 'demo', otlpEndpoint, exporting });
}

async function droppedBy(telemetry: Telemetry): Promise<Record<string, number>> {
  const text = await telemetry.metrics.text();
  const value = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  return {
    exported: value(/aiflow_spans_exported_total\{[^}]*\} (\d+)/),
    failed: value(/aiflow_spans_dropped_total\{reason="export-failed"[^}]*\} (\d+)/),
    full: value(/aiflow_spans_dropped_total\{reason="export-queue-full"[^}]*\} (\d+)/),
  };
}

test('spans reach a collector as OTLP in JSON, with resource, times, parent, links, events and error', async () => {
  const { url, requests } = await collector(200);
  const telemetry = exportingTo(`${url}/`);
  const root = telemetry.startSpan('aiflow.answer', {
    attributes: { 'aiflow.session': 's-1', 'gen_ai.usage.output_tokens': 7 },
  });
  const child = telemetry.startSpan('aiflow.decode.round', { parent: root.context() });
  child.event('retry', { attempt: 2 });
  child.link(root.context());
  child.end(new AiflowError('unavailable', 'nobody listens'));
  root.end();
  await telemetry.shutdown();

  expect(requests.map(({ path, contentType }) => [path, contentType])).toEqual([['/v1/traces', 'application/json']]);
  const [resourceSpans] = (requests[0]!.body as { resourceSpans: readonly OtlpResourceSpans[] }).resourceSpans;
  expect(resourceSpans?.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'aiflow' } });
  expect(resourceSpans?.resource.attributes).toContainEqual({ key: 'aiflow.node', value: { stringValue: 'edge-1' } });
  const spans = resourceSpans!.scopeSpans.flatMap(scope => scope.spans);
  const sentRoot = spans.find(span => span.name === 'aiflow.answer')!;
  const sentChild = spans.find(span => span.name === 'aiflow.decode.round')!;
  const context = parseTraceParent(root.context())!;
  expect([sentRoot.traceId, sentRoot.spanId, sentRoot.parentSpanId]).toEqual([
    context.traceId,
    context.spanId,
    undefined,
  ]);
  expect([sentChild.traceId, sentChild.parentSpanId]).toEqual([context.traceId, context.spanId]);
  expect(sentRoot.attributes).toContainEqual({ key: 'gen_ai.usage.output_tokens', value: { intValue: 7 } });
  expect(sentChild.status).toEqual({ code: 2, message: 'nobody listens' });
  expect(sentChild.links[0]?.spanId).toBe(context.spanId);
  expect(sentChild.events[0]).toMatchObject({
    name: 'retry',
    attributes: [{ key: 'attempt', value: { intValue: 2 } }],
  });
  expect(BigInt(sentRoot.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(sentRoot.startTimeUnixNano));
  expect(Math.abs(Number(BigInt(sentRoot.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  expect(await droppedBy(telemetry)).toEqual({ exported: 2, failed: 0, full: 0 });
});

test('a collector that is not there disturbs nothing, and what it missed is counted', async () => {
  const { url } = await collector(200);
  await new Promise(resolve => servers.pop()!.close(resolve));
  const telemetry = exportingTo(url, { shutdownTimeoutMs: 200, exportTimeoutMs: 100 });
  for (let index = 0; index < 5; index++) telemetry.startSpan('lost').end();
  await telemetry.shutdown();
  await telemetry.shutdown();
  telemetry.startSpan('after the end').end();
  expect(await droppedBy(telemetry)).toEqual({ exported: 0, failed: 5, full: 1 });
  expect(telemetry.spans.taken).toBe(6);
});

test('a collector that refuses is counted as failed', async () => {
  const { url, requests } = await collector(400);
  const telemetry = exportingTo(url);
  telemetry.startSpan('refused').end();
  await telemetry.shutdown();
  expect(requests).toHaveLength(1);
  expect(await droppedBy(telemetry)).toEqual({ exported: 0, failed: 1, full: 0 });
});

test('a collector that hangs holds at most the queue, the rest is dropped and counted, and shutdown keeps its time', async () => {
  const hanging = await collector(200);
  hanging.hang();
  const telemetry = exportingTo(hanging.url, { maxQueuedSpans: 20, batchDelayMs: 1, shutdownTimeoutMs: 100 });
  for (let index = 0; index < 50; index++) telemetry.startSpan(`span ${index}`).end();
  await telemetry.shutdown();
  expect(await droppedBy(telemetry)).toEqual({ exported: 0, failed: 20, full: 30 });
});

interface OtlpAttribute {
  readonly key: string;
  readonly value: unknown;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly events: readonly { readonly name: string; readonly attributes: readonly OtlpAttribute[] }[];
  readonly links: readonly { readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface OtlpResourceSpans {
  readonly resource: { readonly attributes: readonly OtlpAttribute[] };
  readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
}
