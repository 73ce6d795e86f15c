import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseQuestions } from './choose-questions.ts';

const KNOWN = Array.from({ length: 40 }, (_, index) => ({
  ...{ question: `question ${index}`, answer: `answer ${index}` },
  kind: index % 2 === 0 ? 'even' : 'odd',
}));

test('the same seed draws the same questions, none twice, each with its answer', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), (seed, count) => {
      const drawn = chooseQuestions({ seed, questions: undefined, draw: { count } }, KNOWN);
      expect(chooseQuestions({ seed, questions: undefined, draw: { count } }, KNOWN)).toEqual(drawn);
      expect(new Set(drawn.map(({ question }) => question)).size).toBe(count);
      for (const { question, answer } of drawn) expect(answer).toBe(question.replace('question', 'answer'));
    }),
  );
  const five = (seed: number) => chooseQuestions({ seed, questions: undefined, draw: undefined }, KNOWN);
  expect(five(1)).toHaveLength(5);
  expect(five(1)).not.toEqual(five(2));
});

test('only wanted kinds are drawn; an unknown kind, or more than there are, is refused', () => {
  const draw = (count: number, kinds: string[]) =>
    chooseQuestions({ seed: 1, questions: undefined, draw: { count, kinds } }, KNOWN);
  for (const { question } of draw(20, ['odd'])) expect(Number(question.split(' ')[1]) % 2).toBe(1);
  expect(() => draw(1, ['odd', 'prime'])).toThrow("draw.kinds 'prime' is not allowed: the family has even, odd");
  expect(() => draw(21, ['odd'])).toThrow('draw.count 21 is not allowed: the family has 20 such questions');
});

test('own questions are taken as they are', () => {
  const questions = [{ question: 'What is 7 + 5?' }];
  expect(chooseQuestions({ seed: 1, questions, draw: undefined }, [])).toBe(questions);
});
