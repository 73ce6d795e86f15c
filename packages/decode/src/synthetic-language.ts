// SPDX-License-Identifier: Apache-2.0

/** A made-up language that every exit speaks more or less like the deepest one; a pure function of its options. */
export interface SyntheticLanguage {
  readonly endToken: number;
  /** The token `exit` says after prompt and answer. */
  next(exit: number, prompt: readonly number[], answer: readonly number[]): number;
}

/** What the language is like. */
export interface SyntheticLanguageOptions {
  readonly seed: number;
  /** Tokens 1 to `vocabulary - 1` are words, 0 ends an answer. Default 4 096. */
  readonly vocabulary?: number;
  /** Length of the deepest exit's answers, the end token included. */
  readonly answerTokens: number;
  /** Probability, by exit, of saying what the deepest exit says. Exits that are not named always do. */
  readonly agreement: Readonly<Record<number, number>>;
}

const END = 0;

/** Makes a language. Draws are hashes of the text so far, so any exit may be asked about any prefix. */
export function createSyntheticLanguage(options: SyntheticLanguageOptions): SyntheticLanguage {
  const words = (options.vocabulary ?? 4096) - 1;
  return {
    endToken: END,
    next: (exit, prompt, answer) => {
      const text = hash(answer, hash(prompt, options.seed));
      const deepest = answer.length >= options.answerTokens - 1 ? END : 1 + (text % words);
      const agreement = options.agreement[exit] ?? 1;
      const draw = hash([exit], text) / 0x1_0000_0000;
      if (draw < agreement) return deepest;
      return deepest === END ? 1 + (text % words) : 1 + ((deepest + (text % 7)) % words);
    },
  };
}

/** FNV-1a over whole numbers, with a final mix so that neighbours differ in every bit. */
function hash(numbers: readonly number[], seed: number): number {
  let state = seed ^ 0x811c9dc5;
  for (const number of numbers) state = Math.imul(state ^ number, 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}
