// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type HeldOutQuestion, readHeldOutSuite } from '@aiflow/model';
import type { Random } from '@aiflow/time';

/** All held-out questions of the shipped family. */
export async function readHeldOutQuestions(): Promise<readonly HeldOutQuestion[]> {
  const folder = dirname(createRequire(import.meta.url).resolve('@aiflow/family-nano/package.json'));
  return (await readHeldOutSuite(folder)).questions;
}

/** `rounds` rounds, each of one question of every kind in random order; no question comes twice. */
export function chooseRounds(
  questions: readonly HeldOutQuestion[],
  rounds: number,
  random: Random,
): readonly (readonly HeldOutQuestion[])[] {
  const kinds = [...new Set(questions.map(({ kind }) => kind))];
  const decks = kinds.map(wanted =>
    shuffle(
      questions.filter(({ kind }) => kind === wanted),
      random,
    ),
  );
  return Array.from({ length: rounds }, (_, round) =>
    shuffle(
      decks.flatMap(deck => deck.slice(round, round + 1)),
      random,
    ),
  );
}

function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  const keyed = items.map(item => ({ item, key: random.next() }));
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}
