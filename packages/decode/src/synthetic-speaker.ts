// SPDX-License-Identifier: Apache-2.0
import type { DraftRequest } from '@aiflow/model';
import type { SyntheticLanguage } from './synthetic-language.ts';
import { chooseSyntheticExit } from './synthetic-policy.ts';

/** A prompt and the answer so far. */
export interface SyntheticText {
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
}

/** What the exits of a synthetic engine say; it holds nothing and takes no time. */
export interface SyntheticSpeaker {
  /** The tokens after `text`, until there are `count` or the answer ends, and the exit that said each. */
  speak(text: SyntheticText, request: DraftRequest): { readonly tokens: number[]; readonly exits: number[] };
  /** How many of `tokens` `exit` lets stand after `text`, and what it says itself then; nothing behind an end. */
  judge(
    text: SyntheticText,
    exit: number,
    tokens: readonly number[],
  ): { readonly accepted: number; readonly correction: number | undefined };
}

/** Margin in logits of a token that the deepest exit would say too. */
export const SURE_MARGIN = 2;
/** Under a policy, of one that it would not. */
const UNSURE_MARGIN = 0.5;

/** Speaks `language` with `exits`, shallow to deep, at `stepMs` a token. */
export function createSyntheticSpeaker(
  language: SyntheticLanguage,
  { exits, stepMs }: { readonly exits: readonly number[]; readonly stepMs: number },
): SyntheticSpeaker {
  const exitFor = (text: SyntheticText, { exit, policy, count }: DraftRequest): number => {
    if (policy === undefined) return exit;
    const next = (depth: number): number => language.next(depth, text.prompt, text.tokens);
    const deepest = exits.at(-1) ?? exit;
    const marginOf = (depth: number): number => (next(depth) === next(deepest) ? SURE_MARGIN : UNSURE_MARGIN);
    return chooseSyntheticExit(policy, { exits, stepMs, count, marginOf });
  };
  return {
    speak: ({ prompt, tokens: before }, request) => {
      const tokens: number[] = [];
      const chosen: number[] = [];
      while (tokens.length < request.count && tokens.at(-1) !== language.endToken) {
        const prefix = [...before, ...tokens];
        const exit = exitFor({ prompt, tokens: prefix }, request);
        chosen.push(exit);
        tokens.push(language.next(exit, prompt, prefix));
      }
      return { tokens, exits: chosen };
    },
    judge: ({ prompt, tokens: before }, exit, tokens) => {
      for (let accepted = 0; ; accepted++) {
        const prefix = [...before, ...tokens.slice(0, accepted)];
        if (prefix.at(-1) === language.endToken) return { accepted, correction: undefined };
        const own = language.next(exit, prompt, prefix);
        if (accepted === tokens.length || own !== tokens[accepted]) return { accepted, correction: own };
      }
    },
  };
}
