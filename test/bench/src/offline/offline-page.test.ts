// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Recording } from '../harness/build-rows.ts';
import { writeMeasured } from './offline-page.ts';

const recording = {
  ...{ case: 'offline', date: '2026-01-01', commit: 'abc', machine: 'm' },
  rows: [{ metric: 'virtual hours: lost', unit: 'count', value: 0, aim: 'value <= 0', met: true }],
} as unknown as Recording;

test('figures take the place of earlier ones, and the rest of the page stays', () => {
  const page = 'before\n\n<!-- measured -->\nold\n<!-- end of measured -->\nafter\n';
  const once = writeMeasured(page, { hours: recording, processes: undefined });
  expect(once).toContain('| lost | 0 | <= 0 |');
  expect(once).not.toContain('old');
  expect(once.startsWith('before\n')).toBe(true);
  expect(once.endsWith('after\n')).toBe(true);
  expect(writeMeasured(once, { hours: recording, processes: undefined })).toBe(once);
});

test('a page without the place for figures is refused', () => {
  expect(() => writeMeasured('else', { hours: recording, processes: undefined })).toThrow(/no lines/);
});
