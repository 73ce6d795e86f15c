// SPDX-License-Identifier: Apache-2.0
import type { ExitCost } from '@aiflow/placement';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CostSighting, correctCosts } from './corrected-costs.ts';

const cost = (exit: number, stepMs: number): ExitCost => ({
  ...{ exit, format: 'fp32', stepMs, prefillTokenMs: stepMs / 4 },
  verify: [1, 8, 32].map(tokens => ({ tokens, ms: stepMs * (1 + tokens / 8) })),
});
const steps = (ms: number, tokens: number): CostSighting => ({ step: { ms, size: 1, tokens } });
const held = (reported: ExitCost, sighting?: CostSighting) => ({
  ...{ exit: reported.exit, format: reported.format, reported, sighting },
});

/** By how much the step of the first exit was corrected. */
function correction(...exits: readonly ReturnType<typeof held>[]): number {
  return (correctCosts(exits)[0]?.stepMs ?? 0) / (exits[0]?.reported?.stepMs ?? 1);
}

describe('a report', () => {
  test('stands while nothing was seen', () => {
    expect(correctCosts([held(cost(5, 10))])).toEqual([cost(5, 10)]);
  });

  test('is moved little by one token, and most of the way by one usual answer', () => {
    expect(correction(held(cost(5, 10), steps(30, 1)))).toBeLessThan(1.1);
    const usual = correction(held(cost(5, 10), steps(30, 60)));
    expect(usual).toBeGreaterThan(2.3);
    expect(usual).toBeLessThan(3);
  });

  test('is scaled as a whole', () => {
    const [corrected] = correctCosts([held(cost(5, 10), steps(20, 60))]);
    const ratio = (corrected?.stepMs ?? 0) / 10;
    expect(corrected?.prefillTokenMs).toBeCloseTo(2.5 * ratio, 9);
    expect(corrected?.verify?.[2]?.ms).toBeCloseTo(50 * ratio, 9);
  });

  test('is corrected by blocks where only blocks were seen', () => {
    const blocks = { block: { ms: 40, size: 8, tokens: 600 } };
    expect(correction(held(cost(5, 10), blocks))).toBeCloseTo(2, 1);
  });

  test('that is far off counts no longer once an answer showed it, and not before', () => {
    expect(correction(held(cost(5, 0.01), steps(60, 20)))).toBeCloseTo(6000, 6);
    expect(correction(held(cost(5, 0.01), steps(60, 1)))).toBeLessThan(2);
  });

  test('of an exit that was not seen follows the others of its node, at most four times', () => {
    expect(correction(held(cost(5, 10)), held(cost(11, 20), steps(40, 600)))).toBeCloseTo(2, 1);
    expect(correction(held(cost(5, 10)), held(cost(11, 0.01), steps(60, 600)))).toBeCloseTo(4, 9);
  });

  test('never ends up outside what was reported and what was seen', () => {
    const ms = fc.double({ min: 0.02, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 1, max: 500 }), (reportedMs, seenMs, tokens) => {
        const stepMs = correction(held(cost(5, reportedMs), steps(seenMs, tokens))) * reportedMs;
        expect(stepMs).toBeGreaterThanOrEqual(Math.min(reportedMs, seenMs) * (1 - 1e-9));
        expect(stepMs).toBeLessThanOrEqual(Math.max(reportedMs, seenMs) * (1 + 1e-9));
      }),
    );
  });
});

describe('without a report', () => {
  test('what was seen stands, a block counting as an upper limit of a step', () => {
    const unreported = { exit: 5, format: 'fp32', reported: undefined } as const;
    expect(correctCosts([{ ...unreported, sighting: steps(12, 1) }])).toEqual([
      { exit: 5, format: 'fp32', stepMs: 12 },
    ]);
    expect(correctCosts([{ ...unreported, sighting: { block: { ms: 30, size: 8, tokens: 9 } } }])).toEqual([
      { exit: 5, format: 'fp32', stepMs: 30, verify: [{ tokens: 8, ms: 30 }] },
    ]);
  });

  test('and nothing seen an exit is left out', () => {
    expect(correctCosts([{ exit: 5, format: 'fp32', reported: undefined, sighting: undefined }])).toEqual([]);
  });
});
