// SPDX-License-Identifier: Apache-2.0
//
// How an opening goes on from what a desk holds (D3), as a pure function of both.
import type { OpenFeatures } from '@aiflow/protocol';

/** What is held of a session. */
export interface HeldTokens {
  readonly opening: OpenFeatures;
  readonly answer: readonly number[];
  /** Positions whose features were computed up to the layer of the opening. */
  readonly computed: number;
  /** Answer tokens that the engine is sure to hold (D6). */
  readonly inEngine: number;
}

/** Where a session begins that was opened. */
export interface OpeningPlan extends Omit<HeldTokens, 'opening'> {
  /** The engine's session serves on; otherwise it is opened anew. */
  readonly goesOn: boolean;
  /** Answer tokens held before that stand. */
  readonly standing: number;
}

/** Goes on from `past` where its prompt and sampling are the same; what the source said itself stands where asked to. */
export function planOpening(past: HeldTokens | undefined, request: OpenFeatures): OpeningPlan {
  if (past === undefined || !isSameQuestion(past.opening, request)) {
    return { goesOn: false, answer: request.answer, standing: 0, computed: 0, inEngine: 0 };
  }
  const kept = sharedPrefix(past.answer, request.answer);
  const keepsOwn = request.keepsOwn && kept === request.answer.length;
  const answer = keepsOwn ? past.answer : request.answer;
  const standing = keepsOwn ? answer.length : kept;
  const computed = request.layer <= past.opening.layer ? past.computed : 0;
  return { goesOn: true, answer, standing, computed, inEngine: Math.min(standing, past.inEngine) };
}

function isSameQuestion(one: OpenFeatures, other: OpenFeatures): boolean {
  const isSamePrompt =
    one.prompt.length === other.prompt.length && sharedPrefix(one.prompt, other.prompt) === one.prompt.length;
  return isSamePrompt && JSON.stringify(one.sampling) === JSON.stringify(other.sampling);
}

function sharedPrefix(one: readonly number[], other: readonly number[]): number {
  const end = Math.min(one.length, other.length);
  let length = 0;
  while (length < end && one[length] === other[length]) length += 1;
  return length;
}
