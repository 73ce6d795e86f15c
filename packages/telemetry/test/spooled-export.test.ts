// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMemoryDisk } from '@aiflow/journal';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { afterEach, expect, test, vi } from 'vitest';
import { createTelemetry, openSpanSpool, parseTraceParent, type Telemetry } from '../src/index.ts';

const open: (() => Promise<unknown>)[] = [];
const clock = createSystemClock({ keepAlive: true });

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface SentSpan {
  readonly name: string;
  readonly startTimeUnixNano: string;
}

interface Collector {
  readonly port: number;
  /** Names of the spans that were accepted, in order. */
  readonly spans: SentSpan[];
  readonly requests: () => number;
  stop(): Promise<void>;
}

async function collector(status: () => number = () => 200, port = 0): Promise<Collector> {
  const spans: SentSpan[] = [];
  let requests = 0;
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests += 1;
      const code = status();
      if (code === 200) spans.push(...spansIn(Buffer.concat(parts)));
      response.writeHead(code, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  open.push(stop);
  return { port: (server.address() as AddressInfo).port, spans, requests: () => requests, stop };
}

function spansIn(body: Buffer): readonly SentSpan[] {
  const { resourceSpans } = JSON.parse(body.toString('utf8')) as {
    resourceSpans: readonly { scopeSpans: readonly { spans: readonly SentSpan[] }[] }[];
  };
  return resourceSpans.flatMap(each => each.scopeSpans.flatMap(scope => scope.spans));
}

const disks = (): ReturnType<typeof createMemoryDisk> => createMemoryDisk({ random: createSeededRandom(1) });

async function telemetryOn(disk: ReturnType<typeof createMemoryDisk>, port: number): Promise<Telemetry> {
  const place = { node: 'device-1', tier: 'device' } as const;
  const spool = await openSpanSpool({ files: disk.files, clock }, { folder: '/spans', ...place, flushEveryMs: 5 });
  const exporting = {
    ...{ batchDelayMs: 5, retryMs: 5, maxRetryMs: 20, paceMs: 1 },
    ...{ exportTimeoutMs: 100, shutdownTimeoutMs: 300 },
  };
  const telemetry = createTelemetry(
    { clock, random: createSeededRandom(1), spool },
    { ...place, fleet: 'demo', otlpEndpoint: `http://127.0.0.1:${port}`, exporting },
  );
  open.push(() => telemetry.shutdown());
  return telemetry;
}

async function counted(telemetry: Telemetry, name: string): Promise<number> {
  const text = await telemetry.metrics.text();
  return Number(new RegExp(`${name}[^\\n]*\\} (\\d+)`).exec(text)?.[1]);
}

test('what a collector missed while it was away comes later, with its own times', async () => {
  const away = await collector();
  await away.stop();
  const telemetry = await telemetryOn(disks(), away.port);
  const beganMs = Date.now();
  for (let index = 0; index < 700; index++) telemetry.startSpan(`span ${index}`).end();
  const endedMs = Date.now();
  await new Promise(resolve => clock.setTimer(150, () => resolve(undefined)));
  const back = await collector(() => 200, away.port);
  await vi.waitFor(() => expect(new Set(back.spans.map(({ name }) => name)).size).toBe(700), { timeout: 20_000 });
  for (const { startTimeUnixNano } of back.spans) {
    const startMs = Number(BigInt(startTimeUnixNano) / 1_000_000n);
    expect(startMs).toBeGreaterThanOrEqual(beganMs - 1000);
    expect(startMs).toBeLessThanOrEqual(endedMs + 1000);
  }
  await vi.waitFor(async () => expect(await counted(telemetry, 'aiflow_spans_exported_total')).toBe(700));
});

test('a node that stops before its collector is there exports after the restart, and nothing twice', async () => {
  const away = await collector();
  await away.stop();
  const disk = disks();
  const before = await telemetryOn(disk, away.port);
  const span = before.startSpan('before the restart');
  span.end();
  await before.shutdown();
  const back = await collector(() => 200, away.port);
  const after = await telemetryOn(disk, away.port);
  expect(after.spans.collect(parseTraceParent(span.context())!.traceId)).toHaveLength(1);
  after.startSpan('after it').end();
  await vi.waitFor(() => expect(back.spans).toHaveLength(2), { timeout: 20_000 });
  await after.shutdown();
  const again = await telemetryOn(disk, away.port);
  again.startSpan('later still').end();
  await vi.waitFor(() => expect(back.spans).toHaveLength(3), { timeout: 20_000 });
  expect(back.spans.map(({ name }) => name)).toEqual(['before the restart', 'after it', 'later still']);
});

test('a batch that a collector refuses for what it is gives way to the next, and is counted', async () => {
  let refusing = true;
  const { port, spans, requests } = await collector(() => (refusing ? 400 : 200));
  const telemetry = await telemetryOn(disks(), port);
  telemetry.startSpan('refused').end();
  await vi.waitFor(() => expect(requests()).toBe(1), { timeout: 20_000 });
  refusing = false;
  telemetry.startSpan('taken').end();
  await vi.waitFor(() => expect(spans.map(({ name }) => name)).toEqual(['taken']), { timeout: 20_000 });
  expect(await counted(telemetry, 'aiflow_spans_dropped_total\\{reason="export-failed"')).toBe(1);
});

test('a collector that says it has no right or no time gets the same batch again', async () => {
  const answers = [401, 503, 404];
  const { port, spans } = await collector(() => answers.shift() ?? 200);
  const telemetry = await telemetryOn(disks(), port);
  telemetry.startSpan('kept').end();
  await vi.waitFor(() => expect(spans.map(({ name }) => name)).toEqual(['kept']), { timeout: 20_000 });
  expect(answers).toEqual([]);
});
