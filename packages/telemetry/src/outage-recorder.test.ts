// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import {
  ATTRIBUTES,
  createOutageRecorder,
  createTelemetry,
  type OutageRecorder,
  parseTraceParent,
  recordOutboxWait,
  type Span,
  type SpanRecord,
  type Telemetry,
} from './index.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly telemetry: Telemetry;
  readonly recorder: OutageRecorder;
}

function bench(): Bench {
  const clock = createVirtualClock();
  const place = { node: 'device-1', tier: 'device', fleet: 'demo' } as const;
  const telemetry = createTelemetry({ clock, random: createSeededRandom(1) }, place);
  return { clock, telemetry, recorder: createOutageRecorder({ clock, telemetry }) };
}

const spansOf = ({ telemetry }: Bench, span: Span): readonly SpanRecord[] =>
  telemetry.spans.collect(parseTraceParent(span.context())!.traceId);
const outagesOf = (each: Bench, span: Span): readonly SpanRecord[] =>
  spansOf(each, span).filter(({ name }) => name === 'aiflow.outage');

test('an outage is a span in each trace that was open meanwhile, and one of its own that links them', async () => {
  const each = bench();
  const { clock, telemetry, recorder } = each;
  const before = telemetry.startSpan('before');
  before.end();
  const open = telemetry.startSpan('aiflow.answer');
  recorder.down('edge-1', 'no link to the broker');
  await clock.advance(20_000);
  const later = telemetry.startSpan('aiflow.answer');
  await clock.advance(10_000);
  recorder.up('edge-1');
  expect(outagesOf(each, open)).toMatchObject([
    {
      parentId: parseTraceParent(open.context())!.spanId,
      durationMs: 30_000,
      startMs: Date.UTC(2026, 0, 1),
      attributes: { [ATTRIBUTES.peerNode]: 'edge-1', [ATTRIBUTES.outageCause]: 'no link to the broker' },
    },
  ]);
  expect(outagesOf(each, later)).toHaveLength(1);
  expect(outagesOf(each, before)).toEqual([]);
  const own = telemetry.spans.latest(9).find(({ name, isRoot }) => isRoot && name === 'aiflow.outage')!;
  expect(telemetry.spans.collect(own.traceId)[0]?.links.map(({ spanId }) => spanId)).toEqual(
    [open, later].map(span => parseTraceParent(span.context())!.spanId),
  );
});

test('work that was queued meanwhile is touched, though its span ended before the link came back', async () => {
  const each = bench();
  const { clock, telemetry, recorder } = each;
  recorder.down('edge-1', 'tunnel');
  const queued = telemetry.startSpan('aiflow.answer');
  recorder.queued('edge-1', queued.context());
  recorder.queued('cloud-1', queued.context());
  queued.end();
  await clock.advance(5000);
  recorder.up('edge-1');
  recorder.up('edge-1');
  expect(outagesOf(each, queued)).toHaveLength(1);
});

test('a flap leaves no span, a second report of the same outage changes nothing', async () => {
  const each = bench();
  const { clock, telemetry, recorder } = each;
  const open = telemetry.startSpan('aiflow.answer');
  recorder.down('edge-1', 'flap');
  await clock.advance(100);
  recorder.up('edge-1');
  recorder.down('edge-1', 'first');
  await clock.advance(1000);
  recorder.down('edge-1', 'second');
  await clock.advance(1000);
  recorder.up('edge-1');
  expect(outagesOf(each, open)).toMatchObject([
    { durationMs: 2000, attributes: { [ATTRIBUTES.outageCause]: 'first' } },
  ]);
});

test('an outage that lasts when the node stops is recorded as not ended', async () => {
  const each = bench();
  const open = each.telemetry.startSpan('aiflow.answer');
  each.recorder.down('broker', 'refused');
  await each.clock.advance(3000);
  each.recorder[Symbol.dispose]();
  expect(outagesOf(each, open)).toMatchObject([{ durationMs: 3000, attributes: { [ATTRIBUTES.outageEnded]: false } }]);
});

test('work that waited in an outbox is a span from put to delivery, beside what was made of it', async () => {
  const each = bench();
  const { clock, telemetry } = each;
  const answer = telemetry.startSpan('aiflow.answer');
  answer.end();
  await clock.advance(3_600_000);
  const wait = { itemId: 'i-1', kind: 'answer.finish', peer: 'edge-1', waitedMs: 3_600_000, cause: 'tunnel' };
  recordOutboxWait(telemetry, { ...wait, traceParent: answer.context().traceparent });
  recordOutboxWait(telemetry, { ...wait, traceParent: undefined });
  expect(spansOf(each, answer)).toMatchObject([
    { name: 'aiflow.answer' },
    {
      name: 'aiflow.outbox.wait',
      parentId: parseTraceParent(answer.context())!.spanId,
      startMs: Date.UTC(2026, 0, 1),
      durationMs: 3_600_000,
      attributes: { [ATTRIBUTES.outboxItem]: 'i-1', [ATTRIBUTES.outboxKind]: 'answer.finish' },
    },
  ]);
  expect(telemetry.spans.taken).toBe(2);
});

test('a span that nobody ends is not open for ever', () => {
  const { telemetry } = bench();
  for (let index = 0; index < 300; index++) telemetry.startSpan('forgotten');
  expect(telemetry.openSpans()).toHaveLength(256);
});
