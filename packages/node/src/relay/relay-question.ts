// SPDX-License-Identifier: Apache-2.0
import { type FamilyFolder, type FamilyTokenizer, openFamilyFolder, openTokenizer } from '@aiflow/model';
import { readExamples, readHeldOut } from '../daemon/family-examples.ts';

/** Below it a relay saves little, and what it saves drowns in the round trip. */
export const LONG_QUESTION_TOKENS = 128;

const CANDIDATES = 64;

/** A question worth relaying: the family's longest of at least 128 tokens, else several of its examples in one. */
export async function longQuestion(familyFolder: string): Promise<string> {
  const family: FamilyFolder = await openFamilyFolder(familyFolder);
  const tokenizer = await openTokenizer(family);
  const questions = [...(await readHeldOut(familyFolder)), ...(await readExamples(familyFolder))]
    .map(({ question }) => question)
    .sort((one, other) => other.length - one.length);
  const most = family.manifest.dimensions.context / 2;
  const long = questions
    .slice(0, CANDIDATES)
    .find(question => isBetween(tokenizer, question, [LONG_QUESTION_TOKENS, most]));
  return long ?? joined(tokenizer, questions.slice(0, CANDIDATES), most);
}

function joined(tokenizer: FamilyTokenizer, questions: readonly string[], most: number): string {
  let text = '';
  for (const question of questions) {
    const longer = `${text} ${question}`.trim();
    if (isBetween(tokenizer, longer, [0, most])) text = longer;
    if (isBetween(tokenizer, text, [LONG_QUESTION_TOKENS, most])) return text;
  }
  return text;
}

function isBetween(tokenizer: FamilyTokenizer, question: string, [least, most]: readonly [number, number]): boolean {
  const { length } = tokenizer.encodeQuestion(question);
  return length >= least && length <= most;
}
