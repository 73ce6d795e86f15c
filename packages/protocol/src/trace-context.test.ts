// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { readTraceContext } from './trace-context.ts';

test('a trace without a parent is none, and a state past its limit is left out', () => {
  expect(readTraceContext(null)).toBeUndefined();
  expect(readTraceContext({ traceparent: '', tracestate: 'a=1' })).toBeUndefined();
  expect(readTraceContext({ traceparent: 'p'.repeat(128) })).toEqual({ traceparent: 'p'.repeat(128), tracestate: '' });
  expect(readTraceContext({ traceparent: 'p'.repeat(129) })).toBeUndefined();
  const traced = (units: number) => readTraceContext({ traceparent: '00-a', tracestate: 's'.repeat(units) });
  expect(traced(512)?.tracestate).toHaveLength(512);
  expect(traced(513)?.tracestate).toBe('');
});
