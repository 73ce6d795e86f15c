// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createSeededRandom } from '@aiflow/time';
import type { FamilyQuestion } from '../daemon/family-examples.ts';
import type { SimulationConfig } from './simulation-config.ts';

/** A question of a simulation, with what is right where that is known. */
export interface SimulatedQuestion {
  readonly question: string;
  readonly answer?: string | undefined;
}

const DEFAULT_COUNT = 5;

/**
 * The file's own questions, else so many of `known` as it wants, drawn by its seed without repetition. Throws
 * `invalid-argument` for a kind that is not there, or more questions than there are.
 */
export function chooseQuestions(
  { questions, draw, seed }: Pick<SimulationConfig, 'questions' | 'draw' | 'seed'>,
  known: readonly FamilyQuestion[],
): readonly SimulatedQuestion[] {
  if (questions !== undefined) return questions;
  const { count = DEFAULT_COUNT, kinds } = draw ?? {};
  const kindsKnown = [...new Set(known.map(({ kind }) => kind))].sort();
  const strange = kinds?.find(kind => !kindsKnown.includes(kind));
  if (strange !== undefined)
    throw new AiflowError(
      'invalid-argument',
      `draw.kinds '${strange}' is not allowed: the family has ${kindsKnown.join(', ') || 'no questions'}`,
    );
  const left = known.filter(({ kind }) => kinds?.includes(kind) ?? true);
  if (left.length < count)
    throw new AiflowError(
      'invalid-argument',
      `draw.count ${count} is not allowed: the family has ${left.length} such questions; write your own under questions`,
    );
  const random = createSeededRandom(`questions ${seed}`);
  return Array.from({ length: count }, () => {
    const [drawn] = left.splice(random.below(left.length), 1) as [FamilyQuestion];
    return { question: drawn.question, answer: drawn.answer };
  });
}
