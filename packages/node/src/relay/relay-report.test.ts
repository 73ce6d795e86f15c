// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { RelaySummary } from '@aiflow/roles';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { formatRelay } from './format-relay.ts';
import { agreementOf, reportRelay } from './relay-report.ts';
import type { RelayTrial } from './run-relay.ts';

const PAIR = { source: 'edge-1', continuer: 'cloud-1', layer: 5, exit: 11 };

function summary(change: Partial<RelaySummary>): RelaySummary {
  return {
    ...{ session: 's', way: 'ids', wireFormat: 'fp16', computeFormat: 'fp32', exit: 11, promptTokens: 92 },
    ...{ standing: [1, 2, 3, 4, 5, 6, 7, 8], ownTokens: 0, tokens: [9, 10, 11, 12], text: 'here', endedByItself: true },
    ...{ firstTokenMs: 61, durationMs: 100, compute: { sourceMs: 0, firstMs: 60, stepMs: 12 }, reasons: [] },
    transfer: { positions: 0, reused: 0, bytes: 0, chunks: 0, ms: 0, steps: 0, stepBytes: 0 },
    link: { rttMs: 2, bytesPerSecond: 1_250_000 },
    ...change,
  };
}

function trial(way: RelayTrial['way'], times: readonly number[], change: Partial<RelaySummary> = {}): RelayTrial {
  const format = way === 'ids' ? {} : ({ wireFormat: 'int8' } as const);
  return { way, ...format, summary: summary({ way, ...change }), firstTokenMs: times, firstComputeMs: times };
}

const TRANSFER = { positions: 100, reused: 100, bytes: 38_800, chunks: 1, ms: 10, steps: 3, stepBytes: 1164 };
const TRIALS = [
  trial('ids', [60, 58, 62]),
  trial('features', [36, 90, 35], { transfer: TRANSFER, compute: { sourceMs: 0, firstMs: 36, stepMs: 7 } }),
  trial('cache', [40, 40, 40], { tokens: [9, 10, 99, 12], transfer: { ...TRANSFER, bytes: 426_800, steps: 0 } }),
];

const LATE = {
  way: 'cache',
  wireFormat: 'fp32',
  failure: new AiflowError('deadline-exceeded', 'took too long'),
} as const;
const ALL = { done: TRIALS, failed: [LATE] };

test('time saved is of the median computing, and is held against the layers left out', () => {
  const { rows, layersShare, positions } = reportRelay('why?', PAIR, ALL);
  expect(layersShare).toBeCloseTo(5 / 12);
  expect(positions).toBe(100);
  expect(rows[0]).toMatchObject({ saved: undefined, savedOfShare: undefined, agreement: 1, bytes: 400 });
  expect(rows[1]?.saved).toBeCloseTo(1 - 36 / 60);
  expect(rows[1]?.savedOfShare).toBeCloseTo(0.4 / (5 / 12));
  expect(rows[1]).toMatchObject({ bytes: 38_800, bytesPerLaterToken: 388 });
  expect(rows[2]?.agreement).toBe(0.75);
});

test('what the link prefers follows from what was measured on it', () => {
  const [int8] = reportRelay('why?', PAIR, ALL).prefers;
  const byWay = new Map(int8?.estimates.map(estimate => [estimate.way, estimate]));
  expect(byWay.get('ids')?.totalMs).toBeCloseTo(60 + 3 * 12);
  expect(byWay.get('features')?.firstTokenMs).toBeCloseTo(2 + (38_800 / 1_250_000) * 1000 + 36);
  expect(byWay.get('cache')?.bytes).toBeCloseTo(38_800 * 11);
});

test('agreement counts places, and an answer that goes on longer does not agree there', () => {
  expect(agreementOf([1, 2], [1, 2, 3, 4])).toBe(0.5);
  expect(agreementOf([2, 1], [1, 2])).toBe(0);
  expect(agreementOf([], [])).toBe(1);
});

test('people read who stopped where, what was saved, and what the link prefers', () => {
  const text = formatRelay(reportRelay('why?', PAIR, ALL), pc.createColors(false));
  expect(text).toContain('edge-1 stops at layer 5, cloud-1 goes on to exit 11');
  expect(text).toContain('100 positions, 8 of them said by edge-1; 5 of 12 layers (41.7 %)');
  expect(text).toMatch(/features +int8 .* 40\.0 % +0\.96x +38,800 +388 +100\.0 %/);
  expect(text).toContain('features + cache in fp32 did not come to its end: took too long');
  expect(text).toMatch(/in int8 this link prefers: start over 96 ms \(.*\); a relay pays above \d/);
});

test('a link that was asked for is what the verdict goes by, and a measured one far from it is shown too', () => {
  const slow = { rttMs: 20, bytesPerSecond: 125_000 };
  const report = reportRelay('why?', PAIR, ALL, slow);
  expect(report).toMatchObject({ askedLink: slow, link: { rttMs: 2, bytesPerSecond: 1_250_000 } });
  const features = report.prefers[0]?.estimates.find(({ way }) => way === 'features');
  expect(features?.firstTokenMs).toBeCloseTo(20 + (38_800 / 125_000) * 1000 + 36);
  expect(formatRelay(report, pc.createColors(false))).toContain(
    'link as asked for 1.0 Mbit/s, round trip 20.0 ms; measured 10.0 Mbit/s, round trip 2.0 ms\n',
  );
});

test('a measured link within a quarter of the one asked for is not shown beside it', () => {
  const near = reportRelay('why?', PAIR, ALL, { rttMs: 1.7, bytesPerSecond: 1_500_000 });
  expect(formatRelay(near, pc.createColors(false))).toContain('link as asked for 12.0 Mbit/s, round trip 1.7 ms\n');
  const none = formatRelay(reportRelay('why?', PAIR, ALL), pc.createColors(false));
  expect(none).toContain('link 10.0 Mbit/s, round trip 2.0 ms\n');
});
