// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Random } from '@aiflow/time';

/** A question that the family was not trained on. */
export interface HeldOutQuestion {
  readonly id: string;
  readonly kind: string;
  readonly question: string;
  /** The reference. */
  readonly answer: string;
}

/** All held-out questions of the shipped family. */
export async function readHeldOutQuestions(): Promise<readonly HeldOutQuestion[]> {
  const folder = dirname(createRequire(import.meta.url).resolve('@aiflow/family-nano/package.json'));
  const text = await readFile(join(folder, 'held-out.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as HeldOutQuestion);
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
