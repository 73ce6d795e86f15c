import { createVirtualClock } from '@aiflow/time';
import { expect, test } from 'vitest';
import { createMeasureProgress } from './measure-progress.ts';

const parts = [
  { name: 'fp32-3', questions: 10, guessMs: 100 },
  { name: 'int8-3', questions: 10, guessMs: 300 },
];

test('time left follows each part’s own pace, and the guesses scaled by how they fared', () => {
  const progress = createMeasureProgress({ clock: createVirtualClock() }, parts, 2);
  expect(progress.line('fp32-3')).toBe('fp32-3: 0 of 10 questions, 0:00 gone, about 0:02 left');
  for (let question = 0; question < 5; question++) progress.tick('fp32-3', 2000); // twenty times the guess
  expect(progress.line('fp32-3')).toBe('fp32-3: 5 of 10 questions, 0:00 gone, about 0:35 left');
  for (let question = 0; question < 10; question++) progress.tick('int8-3', 300);
  expect(progress.line('int8-3')).toBe('int8-3: 10 of 10 questions, 0:00 gone, about 0:05 left');
});
