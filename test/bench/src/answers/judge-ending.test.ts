import type { AnswerResult } from '@aiflow/node';
import { AiflowError } from '@aiflow/protocol';
import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { awaitEnding, judgeEnding } from './judge-ending.ts';

const EXPECTED = { text: '12', deadlineMs: 1000 };

function answer(text: string, summary: Partial<AnswerResult['summary']>): AnswerResult {
  return { revision: undefined, text, summary: { outcome: 'complete', reasons: [], ...summary } as never };
}

function judge(result: AnswerResult, tookMs = 10): string {
  return judgeEnding({ kind: 'answered', result, tookMs }, EXPECTED);
}

test('an exact answer counts only with the text of the cloud alone, an inexact one only with a reason', () => {
  expect(judge(answer('12', { exact: true }))).toBe('completed');
  expect(judge(answer('13', { exact: true }))).toBe('wrong');
  expect(judge(answer('13', { exact: false }))).toBe('wrong');
  expect(judge(answer('13', { exact: false, reasons: ['the cloud is gone'] }))).toBe('completed');
  expect(judge(answer('1', { exact: false, outcome: 'deadline', reasons: ['late'] }))).toBe('cutShort');
});

test('what ends after its deadline and the way back is late, whatever it says', () => {
  expect(judge(answer('12', { exact: true }), 3001)).toBe('hung');
});

test('a failure counts only when it names the hop', () => {
  const failed = (error: AiflowError): string => judgeEnding({ kind: 'failed', error, tookMs: 10 }, EXPECTED);
  expect(failed(new AiflowError('unavailable', 'gone'))).toBe('unclear');
  expect(failed(new AiflowError('unavailable', 'gone', { hop: 'a -> b' }))).toBe('failed');
});

test('an answer that never ends is given up', async () => {
  const clock = createVirtualClock();
  const ending = awaitEnding(clock, new Promise<never>(() => undefined), 1000);
  await clock.advance(6000);
  expect(await ending).toEqual({ kind: 'hung' });
});
