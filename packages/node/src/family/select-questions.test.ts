import type { HeldOutSuite } from '@aiflow/model';
import { expect, test } from 'vitest';
import { chanceByKind, selectQuestions } from './select-questions.ts';

function suiteOf(counts: Readonly<Record<string, number>>): HeldOutSuite {
  const questions = Object.entries(counts).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => ({
      id: `${kind}-${index}`,
      kind,
      question: 'q',
      answer: `${index % 4}`,
    })),
  );
  return { questions, kinds: Object.keys(counts), sha256: '' };
}

test('a selection is even over the kinds, always the same, and part of each larger one', () => {
  const suite = suiteOf({ load: 30, route: 30, plan: 30 });
  const some = selectQuestions(suite, 12);
  const kinds = some.map(({ kind }) => kind);
  for (const kind of suite.kinds) expect(kinds.filter(other => other === kind)).toHaveLength(4);
  expect(selectQuestions(suite, 12)).toEqual(some);
  expect(selectQuestions(suite, 60).slice(0, 12)).toEqual(some);
  expect(some.map(({ id }) => id)).not.toEqual(suite.questions.slice(0, 12).map(({ id }) => id));
});

test('kinds that run out leave their turns to the others, and more than there is gives all', () => {
  expect(selectQuestions(suiteOf({ load: 2, route: 10 }), 8).filter(({ kind }) => kind === 'route')).toHaveLength(6);
  expect(selectQuestions(suiteOf({ load: 2, route: 10 }), 99)).toHaveLength(12);
});

test('guessing is as good as the suite says, or as the most common answer', () => {
  const suite = suiteOf({ load: 8 });
  expect(chanceByKind(suite).get('load')).toBe(0.25);
  const stated = { ...suite, questions: suite.questions.map(question => ({ ...question, chance: 0.5 })) };
  expect(chanceByKind(stated).get('load')).toBe(0.5);
});
