import { expect, test } from 'vitest';
import { breakEvenCurve } from './break-even.ts';
import { breakEvenChart } from './break-even-chart.ts';
import { decodingPage } from './decoding-page.ts';
import { GRID_AIMS, gainOf, shareOfBest } from './grid-aims.ts';
import { GRID_CELLS, type GridCell } from './grid-cell.ts';
import type { RecordedCost, RecordedCosts } from './recorded-costs.ts';
import { type GridResult, runCell } from './run-grid.ts';
import { slowDeviceSection } from './slow-device-section.ts';

const EFFORT = { warmUpAnswers: 2, answers: 4 };

/** Milliseconds of blocks of 1, 2, 4, 8, 16 and 32 tokens. */
function costOf(...blocksMs: readonly number[]): RecordedCost {
  return { stepMs: blocksMs[0] ?? Number.NaN, verify: blocksMs.map((ms, at) => ({ tokens: 2 ** at, ms })) };
}

const MOSTLY_RIGHT = [1, 1, 0.87, 0.87, 0.99, 0.99, 0.99, 0.99, 1];

/**
 * Costs of the tests' own, so that a new recording changes none of them: exit 1 takes 0.24 of exit 11's step, and a
 * device six times slower can't draft in time.
 */
const recorded: RecordedCosts = {
  ...{ date: '2026-11-22', machine: 'a machine', how: 'Written down for the tests.' },
  ...{ promptTokens: 64, answerTokens: 60, agreement: { 1: 0.9887, 5: 1 } },
  costs: {
    1: costOf(2.35, 2.37, 2.57, 3, 3.88, 5.72),
    5: costOf(6.37, 6.43, 6.84, 7.78, 8.32, 12.83),
    11: costOf(9.84, 9.84, 9.84, 11.8, 14.9, 23.57),
  },
  acceptance: [
    { draftExit: 1, judgeExit: 5, byPosition: MOSTLY_RIGHT },
    { draftExit: 1, judgeExit: 11, byPosition: MOSTLY_RIGHT },
    { draftExit: 5, judgeExit: 11, byPosition: [1] },
  ],
};

function play(cell: GridCell): Promise<GridResult> {
  return runCell(recorded, cell, EFFORT);
}

const cell: GridCell = { rttMs: 20, mbitPerSecond: 10, deviceFactor: 1, hasEdge: false };

test('has every round trip, rate and device of the plan once, with and without an edge', () => {
  expect(GRID_CELLS).toHaveLength(6 * 3 * 3 * 2);
  expect(new Set(GRID_CELLS.map(one => JSON.stringify(one))).size).toBe(GRID_CELLS.length);
});

test('a quick device over a short link drafts, and is more than twice as fast as the cloud alone', async () => {
  const result = await play(cell);
  expect(result.ours).toMatchObject({ kind: 'two-tiers', draftedShare: 1 });
  expect(gainOf(result)).toBeGreaterThan(2);
});

test.each([0, 300])('a device six times slower drafts nothing and loses nothing, RTT %i ms', async rttMs => {
  const result = await play({ ...cell, deviceFactor: 6, rttMs });
  expect(result.ours.draftedShare).toBe(0);
  expect(result.ours.reasons.join('\n')).toContain('drafting is off: at best');
  expect(shareOfBest(result)).toBeGreaterThan(0.97);
});

test('a cell is played the same every time', async () => {
  expect(await play(cell)).toEqual(await play(cell));
});

test('the page names what misses its aim and which cells lose', async () => {
  const results = [await play(cell), await play({ ...cell, deviceFactor: 6 })];
  const page = decodingPage(recorded, results);
  expect(page).toContain('Drafting loses in 1 of 2 cells and is off there:');
  expect(page).toContain('- device 6x, no edge, 10 Mbit/s');
  expect(page).toContain('| share of answers drafted: device 6x, no edge | 0.00 | value <= 0 | yes |');
  expect(page).toContain('| - | value >= 1.25 | **NO** |');
  const [first] = GRID_AIMS;
  expect(first?.worstOf(results)).toBe(gainOf(results[0]!));
});

test('the page says of a device six times slower where drafting is off, and where it stays on, gaining or losing', () => {
  const at = (rttMs: number, ms: number, kind: 'two-tiers' | 'pull'): GridResult => ({
    ...{ cell: { ...cell, deviceFactor: 6, rttMs }, fixedMs: { 'cloud-only': 100 } },
    ...{ best: { mode: 'cloud-only', ms: 100 }, ours: { ms, kind, label: 'a way', reasons: [], draftedShare: 1 } },
  });
  const page = slowDeviceSection(recorded, [at(0, 80, 'two-tiers'), at(50, 104, 'two-tiers'), at(300, 100, 'pull')]);
  expect(page).toContain("exit 1 at 0.24 of the cloud's step");
  expect(page).toContain('drafting is off in 1 of 3 cells without an edge');
  expect(page).toContain('0.96 (least) to 1.25 (most)');
  expect(page).toContain('loses in 1 (10 Mbit/s at 50 ms), by 3.8 % at most');
  expect(slowDeviceSection(recorded, [at(0, 100, 'pull')])).toContain('off in 1 of 1 cells without an edge.');
  expect(slowDeviceSection(recorded, [])).toBe('');
});

test('break-even round trips grow with agreement, and the chart draws every curve', () => {
  const quick = breakEvenCurve(recorded, { deviceFactor: 1, mbitPerSecond: 10, gain: 1 });
  const slow = breakEvenCurve(recorded, { deviceFactor: 3, mbitPerSecond: 10, gain: 1 });
  const rtts = quick.points.map(({ rttMs }) => rttMs);
  expect(rtts).toEqual([...rtts].sort((one, other) => one - other));
  expect(rtts.at(-1)).toBeGreaterThan(150);
  for (const [at, { rttMs }] of slow.points.entries()) expect(rttMs).toBeLessThanOrEqual(rtts[at] ?? 0);
  const chart = breakEvenChart([quick, slow]);
  expect(chart.match(/<polyline /g)).toHaveLength(2);
  expect(chart).not.toMatch(/NaN|undefined/);
});
