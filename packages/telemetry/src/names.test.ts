// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ATTRIBUTES, LABELS, METRICS, SPAN_NAMES } from './index.ts';

test.each([
  ['attributes', ATTRIBUTES],
  ['metrics', METRICS],
  ['labels', LABELS],
  ['spans', SPAN_NAMES],
])('no two %s have one name', (_what, names) => {
  const values = Object.values<string>(names);
  expect(values).toEqual([...new Set(values)]);
});

test('attributes and spans are dotted names in snake case, ours under aiflow', () => {
  for (const name of [...Object.values<string>(ATTRIBUTES), ...Object.values<string>(SPAN_NAMES)]) {
    expect(name).toMatch(/^(?:messaging|gen_ai|error|service|aiflow)(?:\.[a-z][a-z0-9_]*)+$/);
  }
});

test('metrics are in snake case, ours under aiflow, and end in what they count or in a base unit', () => {
  for (const name of Object.values<string>(METRICS)) {
    expect(name).toMatch(/^(?:gen_ai_server|aiflow)_[a-z0-9_]+$/);
    expect(name).toMatch(/_(?:total|seconds|bytes|bytes_per_second|ratio|members|depth|sessions|tokens)$/);
    expect(name).not.toMatch(/_ms|millis|kilo|percent/);
  }
});

test('labels are in snake case and none collides with what Prometheus reserves', () => {
  for (const name of Object.values<string>(LABELS)) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(['le', 'quantile', 'job', 'instance']).not.toContain(name);
  }
});
