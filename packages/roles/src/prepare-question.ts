// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { TextModel } from './text-model.ts';

/** What a question may be. */
export interface QuestionLimits {
  /** UTF-16 units. Default 8 000. */
  readonly maxQuestionLength?: number;
  /** Tokens of the context that are kept for the answer. Default 32. */
  readonly minAnswerTokens?: number;
}

/** A question that fits. */
export interface PreparedQuestion {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
}

/**
 * Turns text into a prompt and bounds the answer by what the context leaves. Throws `invalid-argument` for an empty or
 * overlong question and `out-of-range` for one whose tokens do not fit, naming the limit. Any characters are allowed.
 */
export function prepareQuestion(
  textModel: TextModel,
  question: string,
  wantedTokens: number,
  limits: QuestionLimits = {},
): PreparedQuestion {
  const { maxQuestionLength = 8000, minAnswerTokens = 32 } = limits;
  if (question.trim() === '') throw new AiflowError('invalid-argument', 'the question is empty: ask something');
  if (question.length > maxQuestionLength) {
    throw new AiflowError(
      'invalid-argument',
      `the question has ${question.length} characters, at most ${maxQuestionLength} are allowed: shorten it`,
    );
  }
  const prompt = textModel.encodeQuestion(question);
  const { contextTokens } = textModel;
  const kept = Math.min(wantedTokens, minAnswerTokens);
  if (prompt.length + kept > contextTokens) {
    throw new AiflowError(
      'out-of-range',
      `the question has ${prompt.length} tokens, at most ${contextTokens - kept} fit beside an answer in the context of ${contextTokens}: shorten it`,
    );
  }
  return { prompt, maxTokens: Math.min(wantedTokens, contextTokens - prompt.length) };
}
