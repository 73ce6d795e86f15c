// SPDX-License-Identifier: Apache-2.0
import type { Call, CallOutcome } from '@aiflow/actor';
import { AiflowError, type TraceContext } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { ATTRIBUTES, createTelemetry, parseTraceParent, type Telemetry, type TelemetryOptions } from './index.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly telemetry: Telemetry;
}

function bench(options: Partial<TelemetryOptions> = {}): Bench {
  const clock = createVirtualClock();
  const place: TelemetryOptions = { node: 'edge-1', tier: 'edge', fleet: 'demo' };
  const telemetry = createTelemetry({ clock, random: createSeededRandom(1) }, { ...place, ...options });
  return { clock, telemetry };
}

function aCall(change: Partial<Call> = {}): Call {
  return {
    direction: 'outbound',
    kind: 'ask',
    from: { node: 'edge-1', actor: 'planner' },
    to: { node: 'cloud-1', actor: 'verifier' },
    messageType: 'acme.reading',
    messageId: 'm-1',
    deliveryClass: 'control',
    requestBytes: 128,
    trace: undefined,
    queuedMs: 0,
    ...change,
  };
}

const DONE: CallOutcome = { replyBytes: 64, items: 1 };
const SAMPLED: TraceContext = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'congo=t61',
};
const UNSAMPLED: TraceContext = { ...SAMPLED, traceparent: SAMPLED.traceparent.replace(/01$/, '00') };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Runs one call through the interceptor and gives what `next` saw. */
async function passed(telemetry: Telemetry, call: Call, run = async (): Promise<CallOutcome> => DONE): Promise<Call> {
  let seen: Call | undefined;
  await telemetry.interceptor(call, inner => {
    seen = inner;
    return run();
  });
  if (seen === undefined) throw new Error('next was not called');
  return seen;
}

test('what travels on names the new span, whose parent is the span that came', async () => {
  const { telemetry } = bench();
  const seen = await passed(telemetry, aCall({ trace: SAMPLED }));
  const [span] = telemetry.spans.collect(TRACE_ID);
  expect(seen.trace).toEqual({ traceparent: `00-${TRACE_ID}-${span?.spanId}-01`, tracestate: 'congo=t61' });
  expect(span?.parentId).toBe('b7ad6b7169203331');
  expect({ ...seen, trace: undefined }).toEqual(aCall());
});

test('a call without a trace begins one', async () => {
  const { telemetry } = bench();
  const begun = parseTraceParent((await passed(telemetry, aCall())).trace);
  expect(telemetry.spans.collect(begun?.traceId ?? '')).toMatchObject([{ parentId: '', spanId: begun?.spanId }]);
});

test('a span tells operation, peer, bytes, and its time on both clocks', async () => {
  const { telemetry, clock } = bench();
  await clock.advance(5.5);
  const call = aCall({ direction: 'inbound', trace: SAMPLED, queuedMs: 3 });
  await passed(telemetry, call, async () => {
    await clock.advance(12);
    return DONE;
  });
  const [span] = telemetry.spans.collect(TRACE_ID);
  expect(span).toMatchObject({ name: 'process verifier', kind: 'server', node: 'edge-1', tier: 'edge', status: 'ok' });
  expect([span!.startMs, span!.durationMs]).toEqual([Date.UTC(2026, 0, 1) + 5.5, 12]);
  expect(span?.attributes).toMatchObject({
    [ATTRIBUTES.operationType]: 'process',
    [ATTRIBUTES.destination]: 'verifier@cloud-1',
    [ATTRIBUTES.peerNode]: 'edge-1',
    [ATTRIBUTES.requestBytes]: 128,
    [ATTRIBUTES.replyBytes]: 64,
    [ATTRIBUTES.mailboxWaitMs]: 3,
  });
});

test.each([
  ['tell', 'outbound', 'tell verifier', 'producer'],
  ['tell', 'inbound', 'process verifier', 'consumer'],
  ['ask', 'outbound', 'ask verifier', 'client'],
  ['stream', 'outbound', 'stream verifier', 'client'],
  ['stream', 'inbound', 'process verifier', 'server'],
] as const)('a %s that is %s is span "%s" of kind %s', async (kind, direction, name, spanKind) => {
  const { telemetry } = bench();
  await passed(telemetry, aCall({ kind, direction, trace: SAMPLED }));
  expect(telemetry.spans.collect(TRACE_ID)).toMatchObject([{ name, kind: spanKind }]);
});

test('a failure is recorded with code, message and hop, and passes through unchanged', async () => {
  const { telemetry } = bench();
  const error = new AiflowError('unavailable', 'nobody listens', { hop: 'edge-1 -> cloud-1/verifier' });
  const failing = passed(telemetry, aCall({ trace: SAMPLED }), () => Promise.reject(error));
  await expect(failing).rejects.toBe(error);
  const [span] = telemetry.spans.collect(TRACE_ID);
  expect(span?.status).toBe('error');
  expect(span?.attributes).toMatchObject({
    [ATTRIBUTES.errorType]: 'unavailable',
    [ATTRIBUTES.errorMessage]: 'nobody listens',
    [ATTRIBUTES.errorHop]: 'edge-1 -> cloud-1/verifier',
  });
  expect(await telemetry.metrics.text()).toContain('code="unavailable",node="edge-1",tier="edge"} 1');
});

test('a call of a trace that is not sampled passes untouched and makes no span, but is counted', async () => {
  const { telemetry } = bench();
  const call = aCall({ trace: UNSAMPLED });
  expect(await passed(telemetry, call)).toBe(call);
  expect(telemetry.spans.taken).toBe(0);
  expect(await telemetry.metrics.text()).toMatch(/aiflow_calls_total\{[^}]*code="ok"[^}]*\} 1/);
});

test('a trace that begins here and is not sampled tells everyone after it so', async () => {
  const { telemetry } = bench({ sampleRatio: 0 });
  expect(parseTraceParent((await passed(telemetry, aCall())).trace)?.sampled).toBe(false);
  expect(telemetry.spans.taken).toBe(0);
});

test('a sample ratio of 0.25 samples about a quarter of the traces that begin here', async () => {
  const { telemetry } = bench({ sampleRatio: 0.25 });
  for (let count = 0; count < 2000; count++) await passed(telemetry, aCall());
  expect(telemetry.spans.taken).toBeGreaterThan(420);
  expect(telemetry.spans.taken).toBeLessThan(580);
});

test('messages of the runtime itself begin no traces, yet belong to one that is under way', async () => {
  const { telemetry } = bench();
  const probe = aCall({ to: { node: 'cloud-1', actor: '$link' } });
  expect(await passed(telemetry, probe)).toBe(probe);
  expect(telemetry.spans.taken).toBe(0);
  await passed(telemetry, { ...probe, trace: SAMPLED });
  expect(telemetry.spans.taken).toBe(1);
});

test('a span made by hand carries attributes, events, links and its error', async () => {
  const { telemetry, clock } = bench();
  const span = telemetry.startSpan('aiflow.answer', { parent: SAMPLED, attributes: { [ATTRIBUTES.session]: 's-1' } });
  await clock.advance(4);
  span.event('aiflow.decode.round', { [ATTRIBUTES.draftedTokens]: 4, margin: Number.NaN });
  const joined = telemetry.startSpan('other');
  span.link(joined.context());
  span.setAttribute(ATTRIBUTES.outputTokens, 12);
  span.end(new AiflowError('deadline-exceeded', 'too late'));
  span.end();
  span.event('after the end');
  const [record, ...rest] = telemetry.spans.collect(TRACE_ID);
  expect(rest).toEqual([]);
  expect(record).toMatchObject({ parentId: 'b7ad6b7169203331', kind: 'internal', durationMs: 4, status: 'error' });
  expect(record?.events).toEqual([
    { name: 'aiflow.decode.round', offsetMs: 4, attributes: { [ATTRIBUTES.draftedTokens]: 4, margin: 'NaN' } },
  ]);
  const other = parseTraceParent(joined.context());
  expect(record?.links).toEqual([{ traceId: other?.traceId, spanId: other?.spanId }]);
  expect(record?.attributes).toMatchObject({
    [ATTRIBUTES.session]: 's-1',
    [ATTRIBUTES.outputTokens]: 12,
    [ATTRIBUTES.errorType]: 'deadline-exceeded',
  });
});

test('a span within a trace that is not sampled records nothing and passes the context on', () => {
  const { telemetry } = bench();
  const span = telemetry.startSpan('quiet', { parent: UNSAMPLED });
  span.event('nothing');
  span.end();
  expect(span.recording).toBe(false);
  expect(parseTraceParent(span.context())).toMatchObject({ traceId: TRACE_ID, sampled: false });
  expect(telemetry.spans.taken).toBe(0);
});

test('what one span may carry is bounded', () => {
  const { telemetry } = bench();
  const span = telemetry.startSpan('x'.repeat(5000), { parent: SAMPLED });
  for (let index = 0; index < 1000; index++) {
    span.event(
      `event ${index}`,
      Object.fromEntries(Array.from({ length: 99 }, (_, key) => [`key ${key}`, 'v'.repeat(5000)])),
    );
    span.setAttribute(`attribute ${index}`, 'v'.repeat(5000));
    span.link(SAMPLED);
  }
  span.end();
  const [record] = telemetry.spans.collect(TRACE_ID);
  expect([record?.name.length, record?.events.length, record?.links.length]).toEqual([1024, 128, 64]);
  expect(Object.keys(record?.attributes ?? {})).toHaveLength(64);
  expect(Object.keys(record?.events[0]?.attributes ?? {})).toHaveLength(32);
  expect(JSON.stringify(record).length).toBeLessThan(128 * 32 * 1100 + 64 * 1200);
});

test('the ring holds the newest spans and counts the ones that made room', async () => {
  const { telemetry } = bench({ spanCapacity: 10 });
  for (let index = 0; index < 25; index++) await passed(telemetry, aCall({ trace: SAMPLED, messageId: `m-${index}` }));
  expect([telemetry.spans.held, telemetry.spans.taken, telemetry.spans.evicted]).toEqual([10, 25, 15]);
  const ids = telemetry.spans.collect(TRACE_ID).map(span => span.attributes[ATTRIBUTES.messageId]);
  expect(ids.toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `m-${index + 15}`).toSorted());
  expect(await telemetry.metrics.text()).toContain(
    'aiflow_spans_dropped_total{reason="evicted",node="edge-1",tier="edge"} 15',
  );
});

test('an endpoint that is not a URL is refused at the start', () => {
  expect(() => bench({ otlpEndpoint: 'localhost:4318' })).toThrow(
    'is not a http or https URL: use one such as http://localhost:4318',
  );
});

test('a wall clock that was set is followed, small drift is not', async () => {
  const base = createVirtualClock();
  let stepMs = 0;
  const clock = { ...base, nowMs: () => base.nowMs(), wallMs: () => base.wallMs() + stepMs };
  const telemetry = createTelemetry(
    { clock, random: createSeededRandom(1) },
    { node: 'a', tier: 'edge', fleet: 'demo' },
  );
  const startOf = async (): Promise<number> => {
    await base.advance(20_000);
    const span = telemetry.startSpan('tick', { parent: SAMPLED });
    span.end();
    return telemetry.spans.collect(TRACE_ID).at(-1)!.startMs - base.wallMs();
  };
  expect(await startOf()).toBe(0);
  stepMs = 15;
  expect(await startOf()).toBe(0);
  stepMs = 60_000;
  expect(await startOf()).toBe(60_000);
});
