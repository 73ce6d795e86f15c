import { ATTRIBUTES, drawTraceTree, type SpanRecord } from '@aiflow/telemetry';
import { expect, test } from 'vitest';
import { givenUpLine, settleGivenUp } from './given-up-calls.ts';

const SPAN: SpanRecord = {
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', name: 'ask verifier', kind: 'client' },
  ...{ node: 'device-1', tier: 'device', startMs: 0, durationMs: 12, status: 'ok', attributes: {} },
  ...{ events: [], links: [] },
};
const failed = (code: string, change: Partial<SpanRecord> = {}): SpanRecord => ({
  ...SPAN,
  ...change,
  status: 'error',
  attributes: { [ATTRIBUTES.errorType]: code },
});

test('a call that was given up does not look like a failure, and says what became of it', () => {
  const { spans, givenUp } = settleGivenUp([SPAN, failed('cancelled', { spanId: 'c'.repeat(16) })]);
  const drawn = drawTraceTree(spans);
  expect(drawn).not.toMatch(/failed|✗/);
  expect(drawn).toContain('given up: the answer was whole by then');
  expect(givenUpLine(givenUp)).toBe('1 call was given up on purpose: the answer was whole before the reply came\n');
});

test('who was asked is no second call, and a real failure stays one', () => {
  const server = failed('cancelled', { kind: 'server', node: 'cloud-1' });
  const { spans, givenUp } = settleGivenUp([server, failed('unavailable', { spanId: 'c'.repeat(16) })]);
  expect(givenUp).toBe(0);
  expect(givenUpLine(givenUp)).toBe('');
  expect(drawTraceTree(spans)).toMatch(/1 failed[\s\S]*✗ unavailable/);
});
