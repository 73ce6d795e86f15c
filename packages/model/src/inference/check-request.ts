// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Dimensions } from '../manifest/manifest.ts';
import type { OpenRequest, SamplingOptions } from '../requests/decode-request.ts';

/** Refuses ids outside the vocabulary. */
export function checkTokens(what: string, tokens: readonly number[], { vocabulary }: Dimensions): void {
  const wrong = tokens.find(id => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (wrong !== undefined) throw invalid(`${what} holds token ${wrong}, expected 0 to ${vocabulary - 1}`);
}

/** Refuses what no session could be made of. */
export function checkOpen(request: OpenRequest, dimensions: Dimensions): void {
  const { session, prompt, answer = [], sampling } = request;
  if (session === '') throw invalid('session id is empty');
  if (prompt.length === 0) throw invalid(`session ${session} has an empty prompt`);
  checkTokens(`prompt of session ${session}`, prompt, dimensions);
  checkTokens(`answer of session ${session}`, answer, dimensions);
  const length = prompt.length + answer.length;
  if (length > dimensions.context) {
    throw new AiflowError(
      'out-of-range',
      `session ${session} would hold ${length} tokens, the family's context is ${dimensions.context}: shorten the prompt`,
    );
  }
  if (sampling !== undefined) checkSampling(sampling);
}

/** Refuses a base beyond the answer that is held. */
export function checkBase(session: string, base: number, held: number): void {
  checkCount('base', base);
  if (base > held) {
    throw new AiflowError(
      'failed-precondition',
      `base ${base} lies beyond the ${held} answer tokens that session ${session} holds`,
    );
  }
}

/** Refuses what is not a whole number of things. */
export function checkCount(what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw invalid(`${what} is ${count}, expected a whole number`);
}

function checkSampling({ temperature, topK, topP, seed }: SamplingOptions): void {
  if (!(temperature >= 0 && temperature <= 100)) throw invalid(`temperature is ${temperature}, expected 0 to 100`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    throw invalid(`topK is ${topK}, expected 1 or more`);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw invalid(`topP is ${topP}, expected above 0 and at most 1`);
  if (!Number.isSafeInteger(seed)) throw invalid(`seed is ${seed}, expected a whole number`);
}

function invalid(message: string): AiflowError {
  return new AiflowError('invalid-argument', message);
}
