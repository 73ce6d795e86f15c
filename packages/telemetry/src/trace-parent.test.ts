// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSpanId, createTraceId, formatTraceParent, parseTraceParent } from './trace-parent.ts';

test('a context that was written is read back as it was', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), fc.string({ maxLength: 30 }), (seed, sampled, tracestate) => {
      const random = createSeededRandom(seed);
      const parent = { traceId: createTraceId(random), spanId: createSpanId(random), sampled, tracestate };
      expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent);
    }),
  );
});

test('the example of the W3C specification is read', () => {
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'congo=t61' };
  expect(parseTraceParent(trace)).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    sampled: true,
    tracestate: 'congo=t61',
  });
});

test.each([
  ['', 'is empty'],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', 'lacks flags'],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', 'is in upper case'],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', 'has a trace id of zeros'],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', 'has a span id of zeros'],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'has the forbidden version'],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', 'is longer than version 00 allows'],
])('%j is ignored, for it %s', traceparent => {
  expect(parseTraceParent({ traceparent, tracestate: '' })).toBeUndefined();
});

test('a later version is read as far as it is known, and every odd flag means sampled', () => {
  const later = { traceparent: '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0b-more', tracestate: '' };
  expect(parseTraceParent(later)?.sampled).toBe(true);
  expect(parseTraceParent({ ...later, traceparent: later.traceparent.replace('-0b-', '-0a-') })?.sampled).toBe(false);
});
