// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Revision } from '@aiflow/protocol';
import type { AnswerSummary, AskItem } from '@aiflow/roles';
import { expect, test } from 'vitest';
import { createAnswer } from './answer.ts';

function revision(text: string): AskItem {
  return { kind: 'revision', revision: { text } as Revision };
}
const standing: AskItem = { kind: 'summary', summary: { outcome: 'deadline', provisional: true } as AnswerSummary };
const last: AskItem = { kind: 'summary', summary: { outcome: 'complete' } as AnswerSummary };

/** An asker's side of an answer whose items come when `goOn` is called. */
function startAnswer(before: readonly AskItem[], after: readonly AskItem[] | Error) {
  let goOn = (): void => undefined;
  const gate = new Promise<void>(resolve => {
    goOn = resolve;
  });
  let readings = 0;
  const answer = createAnswer(async function* () {
    readings += 1;
    yield* before;
    await gate;
    if (after instanceof Error) throw after;
    yield* after;
  });
  return { answer, goOn, readings: () => readings };
}

test('the answer at the deadline is there before the later one, which is of the same reading', async () => {
  const { answer, goOn, readings } = startAnswer([revision('12 + 4'), standing], [revision('12 + 5'), last]);
  expect(await answer.atDeadline()).toMatchObject({ text: '12 + 4', summary: { provisional: true } });
  goOn();
  expect(await answer).toMatchObject({ text: '12 + 5', summary: { outcome: 'complete' } });
  expect(await answer.atDeadline()).toMatchObject({ text: '12 + 4' });
  expect(readings()).toBe(1);
});

test('awaited for its end alone, an answer passes over the summary of its deadline', async () => {
  const { answer, goOn } = startAnswer([revision('12 + 4'), standing], [revision('12 + 5'), last]);
  goOn();
  expect(await answer).toMatchObject({ text: '12 + 5', summary: { outcome: 'complete' } });
});

test('an answer that can not be revised is at its deadline what it is in the end', async () => {
  const { answer, goOn } = startAnswer([revision('17')], [last]);
  goOn();
  expect(await answer.atDeadline()).toBe(await answer);
});

test('what stood at the deadline is not lost to a failure after it', async () => {
  const { answer, goOn } = startAnswer([revision('12'), standing], new AiflowError('unavailable', 'nobody is left'));
  const atDeadline = answer.atDeadline();
  goOn();
  expect(await atDeadline).toMatchObject({ text: '12' });
  await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
});

test('an answer that fails before its deadline fails for whoever awaits it', async () => {
  const { answer, goOn } = startAnswer([revision('12')], new AiflowError('unavailable', 'nobody is left'));
  goOn();
  await expect(answer.atDeadline()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
});

test('it is awaited or iterated, not both', async () => {
  const { answer, goOn } = startAnswer([revision('17')], [last]);
  goOn();
  const texts: string[] = [];
  for await (const { text } of answer) texts.push(text);
  expect(texts).toEqual(['17']);
  await expect(answer.atDeadline()).rejects.toMatchObject({ code: 'failed-precondition' });
});
