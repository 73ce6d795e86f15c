// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { question, three } from './three-tiers.ts';
import { DEVICE, startToyFleet, type ToyFleetOptions } from './toy-fleet.ts';

describe('questions', () => {
  const small: ToyFleetOptions = { nodes: [DEVICE], answerer: { maxQuestionLength: 3000 } };

  test.each([
    ['', 'invalid-argument', 'the question is empty'],
    [' \n\t', 'invalid-argument', 'the question is empty'],
    ['x'.repeat(3001), 'invalid-argument', '3001 characters, at most 3000'],
    ['x'.repeat(2000), 'out-of-range', '2000 tokens, at most 480 fit beside an answer in the context of 512'],
  ])('%# is refused with its limit', async (text, code, message) => {
    const fleet = await startToyFleet(small);
    const { error, revisions } = await fleet.ask({ question: text });
    expect(error).toMatchObject({ code, node: 'device-1', message: expect.stringContaining(message) });
    expect(revisions).toEqual([]);
  });

  test.each(['\u0000\u0007 beep', 'drone 🚁👨‍👩‍👧 where?', '\ud800 half', 'قف'])('%j is answered', async text => {
    const fleet = await startToyFleet(small);
    const { error, summary } = await fleet.ask({ question: text });
    expect(error).toBeUndefined();
    expect(summary?.outcome).toBe('complete');
  });

  test('a question that just fits leaves its answer what room there is', async () => {
    const fleet = await startToyFleet({ ...small, answerTokens: 100 });
    const { summary } = await fleet.ask({ question: 'x'.repeat(480) });
    expect(summary).toMatchObject({ promptTokens: 480, answerTokens: 32, endedByItself: false });
  });

  test.each([
    [{ question, maxTokens: 0 }, 'maxTokens'],
    [{ question, tiers: 'four' }, 'tiers'],
    [{ question, deadlineMs: -1 }, 'deadlineMs'],
    [{ question, sampling: { temperature: 1 } }, 'sampling.seed'],
    [{ question: 7 }, 'question'],
  ])('%# is refused naming the field', async (request, field) => {
    const fleet = await startToyFleet(small);
    const { error } = await fleet.ask(request as never);
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining(`ask: ${field}`) });
  });

  test('a question far from what was trained is refused with examples that work', async () => {
    const scoreDomain = async (): Promise<{ score: number; threshold: number }> => ({ score: 5.25, threshold: 2 });
    const fleet = await startToyFleet({ ...three, textModel: { scoreDomain } });
    const { revisions, summary } = await fleet.ask({ question: 'write a poem about tax law' });
    expect(revisions).toHaveLength(1);
    expect(revisions[0]?.text).toMatch(/^I was not trained for this\..*first example\?.*second.*third example\?$/s);
    expect(summary).toMatchObject({ far: true, outcome: 'far', exact: false, domain: { score: 5.25, threshold: 2 } });
    expect(summary?.reasons[0]).toContain('5.25 bits per byte, the limit is 2');
  });

  test('is answered when it could not be weighed', async () => {
    const scoreDomain = (): Promise<never> => new Promise(() => undefined);
    const fleet = await startToyFleet({ ...three, textModel: { scoreDomain } });
    const { summary } = await fleet.ask({ question, deadlineMs: 8000 });
    expect(summary).toMatchObject({ exact: true, outcome: 'complete' });
  });
});
