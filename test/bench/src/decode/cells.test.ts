// SPDX-License-Identifier: Apache-2.0
import type { AnswerResult } from '@aiflow/node';
import { expect, test } from 'vitest';
import type { Aim, Row } from '../harness/row.ts';
import { cellsRows, modesOf, REAL_CELLS, realMetric } from './cells-rows.ts';
import { cellsSection } from './cells-section.ts';
import { acceptanceOf } from './measured-acceptance.ts';
import { predictCell } from './predict-cell.ts';
import { seenCosts } from './seen-costs.ts';

const costs = {
  device: [{ exit: 1, format: 'fp32', stepMs: 2, verify: [{ tokens: 1, ms: 2 }] }],
  edge: [{ exit: 5, format: 'fp32', stepMs: 8, verify: [{ tokens: 1, ms: 8 }] }],
  cloud: [
    {
      exit: 11,
      format: 'fp32',
      stepMs: 10,
      verify: [
        { tokens: 1, ms: 10 },
        { tokens: 8, ms: 14 },
      ],
    },
  ],
} as const;

const summary = {
  tiers: [
    { exit: 1, verifyCalls: 0, proposed: 0, computeMs: 60 },
    { exit: 5, verifyCalls: 0, proposed: 0, computeMs: 0 },
    { exit: 11, verifyCalls: 2, proposed: 16, computeMs: 56, byPosition: [{ judged: 10, accepted: 9 }] },
  ],
  ledger: { tiers: [{ exit: 1, role: 'drafter', tokens: 20, computeMs: 60 }] },
} as unknown as AnswerResult['summary'];

test('at least six cells run as processes, each way beside virtual time and held to 20 %', () => {
  expect(REAL_CELLS.length).toBeGreaterThanOrEqual(6);
  const aim: Aim = { of: 'ratio', atLeast: 0.8, atMost: 1.2 };
  const held = cellsRows.filter(row => JSON.stringify(row.aim) === JSON.stringify(aim));
  expect(held).toHaveLength(REAL_CELLS.flatMap(modesOf).length);
  expect(REAL_CELLS.filter(cell => modesOf(cell).includes('three')).length).toBeGreaterThanOrEqual(6);
});

test('costs follow the computing time of answers, step and blocks apart', () => {
  const { device, edge, cloud } = seenCosts(costs, [summary]);
  expect(device[0]?.stepMs).toBe(3);
  expect(edge).toEqual(costs.edge);
  expect(cloud[0]).toMatchObject({ stepMs: 10, verify: [{ ms: 20 }, { ms: 28 }] });
});

test('a tier that stood by neither judged nor drafted', () => {
  expect(acceptanceOf([summary, summary])).toEqual([{ draftExit: 1, judgeExit: 11, share: 0.9 }]);
});

test('virtual time foretells the cloud alone by its step and its link', async () => {
  const cell = { costs, acceptance: [], promptTokens: 1, answerTokens: 60 };
  const near = await predictCell({ ...cell, cloudLink: { rttMs: 0 } }, ['hand-over'], 1);
  const far = await predictCell({ ...cell, cloudLink: { rttMs: 100 } }, ['hand-over'], 1);
  expect(near.kind).toBe('hand-over');
  expect(near.durationsMs[0]).toBeGreaterThanOrEqual(590);
  expect((far.durationsMs[0] ?? 0) - (near.durationsMs[0] ?? 0)).toBeCloseTo(100, 3);
});

test('the page shows real beside virtual time, and what was not recorded', () => {
  const [cell = { deviceFactor: 1, rttMs: 0, mbitPerSecond: 10 }] = REAL_CELLS;
  const row = { metric: realMetric(cell, 'two'), value: 130, baseline: 100, ratio: 1.3 } as unknown as Row;
  const recording = { case: 'cells', date: '2026-11-22', commit: 'abc', machine: 'a machine', rows: [row] };
  const section = cellsSection(recording);
  expect(section).toContain('**130 / 100 (1.30)**');
  expect(section).toContain('0 of 30 agree within 20 %');
  expect(section).toContain('not measured');
  expect(cellsSection(undefined)).toContain('No full run is recorded yet');
});
