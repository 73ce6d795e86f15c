// SPDX-License-Identifier: Apache-2.0
import { createSyntheticLanguage, type SyntheticLanguage } from '@aiflow/decode';
import type { AnswerSummary, TextModel } from '@aiflow/roles';

/** The exits of a node, and what a step costs there. */
export interface HourTier {
  readonly tier: 'device' | 'edge' | 'cloud';
  readonly exits: readonly number[];
  readonly stepMs: number;
}

/** What the nodes of an hour are. */
export const HOUR_TIERS: Readonly<Record<string, HourTier>> = {
  'device-1': { tier: 'device', exits: [1], stepMs: 40 },
  'edge-1': { tier: 'edge', exits: [1, 3], stepMs: 20 },
  'cloud-1': { tier: 'cloud', exits: [3, 4], stepMs: 30 },
};
/** All exits of the family. */
export const HOUR_EXITS: readonly number[] = [1, 2, 3, 4];

const DEEPEST = 4;
const ANSWER_TOKENS = 12;
const END = 0;

/** Words are numbers; characters of a question are its tokens. */
export const hourText: TextModel = {
  modelHash: 'toy',
  contextTokens: 512,
  examples: ['first example?', 'second example?', 'third example?'],
  encodeQuestion: question => Array.from(question, character => character.codePointAt(0) ?? 0),
  decode: tokens => tokens.filter(token => token !== END).join(' '),
  scoreDomain: async () => undefined,
};

/** A language of its own for each seed; shallow exits often differ from the deepest. */
export function createHourLanguage(seed: number): SyntheticLanguage {
  return createSyntheticLanguage({ seed, answerTokens: ANSWER_TOKENS, agreement: { 1: 0.7, 2: 0.8, 3: 0.9 } });
}

/** Whether each word of `text` is what one of the exits says after those before it. */
export function isSaidBySome(language: SyntheticLanguage, question: string, text: string): boolean {
  const prompt = hourText.encodeQuestion(question);
  const words = text === '' ? [] : text.split(' ').map(Number);
  return words.every((word, at) => HOUR_EXITS.some(exit => language.next(exit, prompt, words.slice(0, at)) === word));
}

/** What the exits that `summary` names say to `question`, each from where it had the last word. */
export function referenceText(
  language: SyntheticLanguage,
  question: string,
  { references, exact }: Pick<AnswerSummary, 'references' | 'exact'>,
): string {
  const prompt = hourText.encodeQuestion(question);
  const answer: number[] = [];
  while (answer.at(-1) !== END && answer.length < 2 * ANSWER_TOKENS) {
    const exit = references.findLast(({ from }) => from <= answer.length)?.exit;
    if (exit === undefined) break;
    answer.push(language.next(exact ? DEEPEST : exit, prompt, answer));
  }
  return hourText.decode(answer, true);
}
