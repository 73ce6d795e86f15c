import { createSeededRandom } from '@aiflow/time';
import { expect, test } from 'vitest';
import { chooseRounds, readHeldOutQuestions } from './held-out-questions.ts';

test('each round has one question of every kind, none comes twice, and the seed alone decides', async () => {
  const questions = await readHeldOutQuestions();
  const choose = (): readonly string[][] =>
    chooseRounds(questions, 20, createSeededRandom('a')).map(round => round.map(({ id }) => id));
  const rounds = chooseRounds(questions, 20, createSeededRandom('a'));
  expect(rounds.map(round => new Set(round.map(({ kind }) => kind)).size)).toEqual(Array(20).fill(10));
  expect(new Set(rounds.flat().map(({ id }) => id)).size).toBe(200);
  expect(choose()).toEqual(choose());
});
