// SPDX-License-Identifier: Apache-2.0
import {
  createSyntheticEngine,
  createSyntheticLanguage,
  createVerifierDesk,
  type SyntheticEngine,
} from '@aiflow/decode';
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { buildRows } from '../harness/build-rows.ts';
import type { Row } from '../harness/row.ts';
import { countMismatches } from './count-mismatches.ts';
import { nearExactSection } from './near-exact-section.ts';
import { answerAlone, type RecordedAnswer, recordAnswer } from './record-drafts.ts';
import { type ReplayFigures, replayDrafts } from './replay-drafts.ts';
import { batchingRows, changedMetric, JUDGE_EXIT, lengthMetric, mismatchMetric, rateMetric } from './rows.ts';

const PROMPTS = [[1], [2], [3], [4], [5], [6]];
const language = createSyntheticLanguage({ seed: 11, answerTokens: 50, agreement: { 1: 0.9 } });

function openEngine(clock = createVirtualClock()): SyntheticEngine {
  const tokensOf = (blocks: readonly number[]): number => blocks.reduce((sum, tokens) => sum + tokens, 0);
  const options = { exits: [1, JUDGE_EXIT], stepMs: 0, verifyMs: () => 10 };
  return createSyntheticEngine({ clock, language }, { ...options, verifyManyMs: blocks => 10 + tokensOf(blocks) / 8 });
}

function recordAll(maxTokens = 40): Promise<readonly RecordedAnswer[]> {
  const clock = createVirtualClock();
  const engine = openEngine(clock);
  const work = (async () => {
    const answers: RecordedAnswer[] = [];
    for (const prompt of PROMPTS)
      answers.push(await recordAnswer({ drafter: engine, judge: engine }, prompt, maxTokens));
    return answers;
  })();
  return clock.runUntilSettled(work, { stepMs: 1 });
}

function replay(answers: readonly RecordedAnswer[], maxBatch: number): Promise<ReplayFigures> {
  const clock = createVirtualClock();
  const desk = createVerifierDesk(openEngine(clock), { maxBatch });
  const { signal } = new AbortController();
  return clock.runUntilSettled(replayDrafts(desk, { answers, nowMs: () => clock.nowMs(), signal }), { stepMs: 1 });
}

function sizeOf({ blocks }: RecordedAnswer): number {
  return blocks.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

test('what is committed block by block is what the judge says alone, rejected drafts or not', async () => {
  const answers = await recordAll(60);
  expect(answers.flatMap(({ blocks }) => blocks).some(({ accepted, tokens }) => accepted < tokens.length)).toBe(true);
  for (const [at, { tokens }] of answers.entries()) {
    const clock = createVirtualClock();
    const alone = answerAlone(openEngine(clock), PROMPTS[at] ?? [], 60);
    expect(tokens).toEqual(await clock.runUntilSettled(alone, { stepMs: 1 }));
  }
});

test('devices get the recorded verdicts one block at a time and batched, at a higher rate when batched', async () => {
  const answers = await recordAll();
  const rateOf = ({ verifiedTokens, elapsedMs }: ReplayFigures): number => verifiedTokens / elapsedMs;
  const [alone, batched] = [await replay(answers, 1), await replay(answers, 8)];
  expect([alone.differing, batched.differing]).toEqual([0, 0]);
  expect(rateOf(batched)).toBeGreaterThan(2 * rateOf(alone));
});

test('devices send until the first of them has sent all', async () => {
  const [first] = await recordAll();
  if (first === undefined) throw new Error('nothing was recorded');
  const brief = { ...first, blocks: first.blocks.slice(0, 2) };
  const drafted = brief.blocks.reduce((sum, { tokens }) => sum + tokens.length, 0);
  expect((await replay([first], 8)).verifiedTokens).toBe(sizeOf(first));
  const { verifiedTokens, differing } = await replay([first, brief], 8);
  expect(differing).toBe(0);
  expect(verifiedTokens).toBeGreaterThanOrEqual(2 * drafted);
  expect(verifiedTokens).toBeLessThan(drafted + sizeOf(first));
});

test('a verdict that is not the recorded one is counted, and its device sends no more', async () => {
  const [first, second] = await recordAll();
  const [block] = first?.blocks ?? [];
  if (first === undefined || second === undefined || block === undefined) throw new Error('nothing was recorded');
  const wrong = { ...first, blocks: [{ ...block, accepted: -1 }, ...first.blocks.slice(1)] };
  expect(await replay([wrong, second], 8)).toMatchObject({ verifiedTokens: sizeOf(second), differing: 1 });
});

test('mismatches are counted place by place, and places that only one answer has are mismatches', () => {
  const committed = [
    [1, 2, 3],
    [1, 2],
    [7, 8, 9, 9],
  ];
  const others = [
    [1, 2, 3],
    [1, 2, 3],
    [7, 0, 9, 5],
  ];
  expect(countMismatches(committed, others, 3)).toEqual({ tokens: 8, mismatches: 2, changedAnswers: 2 });
});

test('the plan holds batching to 1.6 times the unbatched rate, in each format', () => {
  const measurements = new Map([
    [rateMetric('fp32', 'one block at a time'), { rounds: [100] }],
    [rateMetric('fp32', 'batched'), { rounds: [161] }],
    [rateMetric('int8', 'one block at a time'), { rounds: [100] }],
    [rateMetric('int8', 'batched'), { rounds: [159] }],
  ]);
  const rows = buildRows({ case: 'batching', plan: batchingRows, measurements, quick: false });
  const met = (metric: string): boolean | undefined => rows.find(row => row.metric === metric)?.met;
  expect(met(rateMetric('fp32', 'batched'))).toBe(true);
  expect(met(rateMetric('int8', 'batched'))).toBe(false);
});

test('the page says how near to exact int8 is, and what was not recorded', () => {
  const row = (metric: string, value: number): Row => ({ metric, value }) as unknown as Row;
  const rows = [
    row(lengthMetric('int8'), 4000),
    row(mismatchMetric('int8', 'int8'), 1.25),
    row(changedMetric('int8', 'int8'), 2),
  ];
  const section = nearExactSection({ case: 'batching', date: '2026-11-22', commit: 'abc', machine: 'a machine', rows });
  expect(section).toContain('| int8 | int8 alone | 4000 | 1.25 | 2 of 64 |');
  expect(section).toContain('| int8 | fp32 alone | 4000 | not measured | not measured |');
  expect(nearExactSection(undefined)).toContain('No full run is recorded yet');
});
