// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { buildRows, type CaseRun, type Recording } from './build-rows.ts';
import type { Measurement, Row, RowPlan } from './row.ts';

const plan: readonly RowPlan[] = [
  { metric: 'peer', unit: 'us' },
  { metric: 'ours', unit: 'us', baseline: 'peer', aim: { of: 'ratio', atMost: 1.25 } },
];

const run = (changes: Partial<CaseRun> = {}): readonly Row[] =>
  buildRows({
    case: 'toy',
    plan,
    measurements: measured({ peer: [100, 110, 90], ours: [120, 140, 100] }),
    quick: false,
    ...changes,
  });

function measured(rounds: Record<string, readonly number[]>): Map<string, Measurement> {
  return new Map(Object.entries(rounds).map(([metric, values]) => [metric, { rounds: values }]));
}

const recording = (rows: readonly Partial<Row>[]): Recording => ({
  case: 'toy',
  date: '2026-01-02',
  commit: 'abc1234',
  machine: 'two cores',
  rows: rows.map(row => ({
    ...{ case: 'toy', metric: 'ours', unit: 'us', value: 1, spread: [1, 1] as const, baseline: 1, against: 'peer' },
    ...{ ratio: 1, aim: null, met: true, source: 'live' },
    ...row,
  })),
});

describe('a measured row', () => {
  test('holds the median, the spread, and the median of the ratios of each round', () => {
    expect(run()[1]).toMatchObject({
      value: 120,
      spread: [100, 140],
      baseline: 100,
      ratio: 1.2,
      met: true,
      source: 'live',
    });
  });

  test('misses its aim by a hair', () => {
    const rows = run({ measurements: measured({ peer: [100], ours: [125.1] }) });
    expect(rows[1]).toMatchObject({ aim: 'ratio <= 1.25', met: false });
  });

  test('keeps its value but meets no ratio when the baseline is missing', () => {
    const rows = run({ measurements: measured({ ours: [1] }) });
    expect(rows[1]).toMatchObject({
      value: 1,
      ratio: null,
      met: false,
      note: 'no baseline: the run did not measure it',
    });
  });
});

describe('a row without a value', () => {
  test.each([
    ['was not measured', {}],
    ['has no rounds', { ours: [] }],
    ['holds a round that is not a number', { ours: [1, Number.NaN] }],
    ['holds an infinite round', { ours: [Infinity] }],
  ])('is printed as not met when it %s', (_, rounds) => {
    const rows = run({ measurements: measured({ peer: [100], ...rounds }) });
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ value: null, spread: null, ratio: null, met: false, source: 'missing' });
  });

  test('says why it is unavailable', () => {
    const rows = run({ measurements: new Map([['ours', { unavailable: 'peer could not be installed' }]]) });
    expect(rows[1]).toMatchObject({ value: null, met: false, note: 'peer could not be installed' });
  });

  test('is not met even when it has no aim', () => {
    expect(run({ measurements: new Map() })[0]).toMatchObject({ aim: null, value: null, met: false });
  });
});

describe('a quick run', () => {
  const quickPlan: readonly RowPlan[] = plan.map(row => (row.metric === 'ours' ? { ...row, quick: false } : row));

  test('takes a row it does not try from the recording and says so', () => {
    const rows = run({
      plan: quickPlan,
      quick: true,
      measurements: measured({ peer: [100] }),
      recording: recording([{ value: 7, ratio: 1.1, baseline: 6.4 }]),
    });
    expect(rows[1]).toMatchObject({
      value: 7,
      ratio: 1.1,
      baseline: 6.4,
      met: true,
      source: 'recorded 2026-01-02 abc1234',
    });
  });

  test('judges a recorded row by the aim of today, whatever the recording thought of it', () => {
    const rows = run({
      plan: quickPlan,
      quick: true,
      measurements: new Map(),
      recording: recording([{ ratio: 1.3, met: true, aim: 'ratio <= 2' }]),
    });
    expect(rows[1]).toMatchObject({ aim: 'ratio <= 1.25', met: false });
  });

  test.each([
    ['another unit', { unit: 'ms' }],
    ['another baseline', { against: 'somebody' }],
    ['no value', { value: null }],
  ])('does not meet an aim with a recorded row of %s', (_, change) => {
    const rows = run({ plan: quickPlan, quick: true, measurements: new Map(), recording: recording([change]) });
    expect(rows[1]).toMatchObject({ met: false });
  });

  test('prefers what it measured to what was recorded', () => {
    const rows = run({ plan: quickPlan, quick: true, recording: recording([{ value: 7 }]) });
    expect(rows[1]).toMatchObject({ value: 120, source: 'live' });
  });

  test('does not hide a row that it should have measured behind the recording', () => {
    const rows = run({ quick: true, measurements: measured({ peer: [100] }), recording: recording([{}]) });
    expect(rows[1]).toMatchObject({ value: null, met: false, source: 'missing' });
  });

  test('does not hide a row that it tried and could not measure behind the recording', () => {
    const measurements = new Map<string, Measurement>([['ours', { unavailable: 'it crashed' }]]);
    const rows = run({ plan: quickPlan, quick: true, measurements, recording: recording([{}]) });
    expect(rows[1]).toMatchObject({ value: null, met: false, note: 'it crashed' });
  });

  test('leaves a row out of no list when nothing was recorded', () => {
    const rows = run({ plan: quickPlan, quick: true, measurements: new Map() });
    expect(rows[1]).toMatchObject({ value: null, met: false, source: 'missing' });
  });
});

test('a full run uses no recording', () => {
  const rows = run({ measurements: new Map(), recording: recording([{}]) });
  expect(rows.map(row => row.source)).toEqual(['missing', 'missing']);
});

test.each([
  ['plans a metric twice', [plan[0], plan[0]]],
  ['which is not planned', [plan[1]]],
  ['aims at a ratio without a baseline', [{ metric: 'peer', unit: 'us', aim: { of: 'ratio', atMost: 1 } }]],
  ['has no bound', [{ metric: 'peer', unit: 'us', aim: { of: 'value' } }]],
])('refuses a plan that %s', (message, broken) => {
  expect(() => run({ plan: broken as readonly RowPlan[], measurements: new Map() })).toThrow(message);
});

test('refuses a measurement that no row is planned for', () => {
  expect(() => run({ measurements: measured({ stray: [1] }) })).toThrow('measured stray, which is not planned');
});
