// SPDX-License-Identifier: Apache-2.0
import { bitsPerByte, type FamilyManifest, type FamilyTokenizer, type MeasuringEngine } from '@aiflow/model';

/** How far a question lies from what the family was trained on; beyond `threshold` it is not answered. */
export interface DomainScore {
  readonly score: number;
  readonly threshold: number;
}

/** What the answerer needs to know of text. */
export interface TextModel {
  /** Names the weights that answer, in revisions. */
  readonly modelHash: string;
  /** Tokens a session may hold, question and answer together. */
  readonly contextTokens: number;
  /** Questions that work, to be shown to somebody who asked something else; three at least. */
  readonly examples: readonly string[];
  /** The prompt of a session. Takes any text; it never fails. */
  encodeQuestion(question: string): readonly number[];
  /** Text of answer tokens. With `isWhole` false a character whose bytes are not all there yet is left out. */
  decode(tokens: readonly number[], isWhole: boolean): string;
  /** Undefined where the family states no threshold. */
  scoreDomain(question: string, signal: AbortSignal): Promise<DomainScore | undefined>;
}

/** What a family's text model is made of. `engine` must hold the exit that the manifest's domain rule names. */
export interface TextModelParts {
  readonly manifest: FamilyManifest;
  readonly tokenizer: FamilyTokenizer;
  readonly engine: MeasuringEngine;
}

/** The text model of a family as `@aiflow/model` reads it. */
export function createTextModel(
  { manifest, tokenizer, engine }: TextModelParts,
  options: { readonly modelHash: string; readonly examples: readonly string[] },
): TextModel {
  return {
    ...options,
    contextTokens: manifest.dimensions.context,
    encodeQuestion: question => tokenizer.encodeQuestion(question),
    decode: (tokens, isWhole) => {
      const stream = tokenizer.stream();
      const text = stream.push(tokens);
      return isWhole ? text + stream.end() : text;
    },
    scoreDomain: async (question, signal) => {
      const rule = manifest.inDomain;
      if (rule === undefined || !engine.exits.includes(rule.exit)) return undefined;
      const score = await bitsPerByte({ engine, tokenizer }, { question, exit: rule.exit }, signal);
      return { score, threshold: rule.maxBitsPerByte };
    },
  };
}
