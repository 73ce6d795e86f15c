// SPDX-License-Identifier: Apache-2.0
//
// What an exit says to a question, and how it judges the deepest exit's answer.
//
// M1  In fp32 at the last rung a verifier says what it would say alone, whatever is proposed (promise of `verify`). So a
//     shallower exit proposes and the measured one verifies: blocks in place of steps, the same text.
// M2  Elsewhere blocks and steps may differ, and a node drafts by steps: there the exit draws its own tokens, one by one.
// M3  Agreement is the exit's choice after every prefix of the deepest exit's answer. Its own run tells it up to the
//     first difference; from there on the true prefix is given.
import type { Engine } from '@aiflow/model';
import type { TokenMark } from './token-marks.ts';

/** The part of an engine that measuring answers takes. */
export type SpeakingEngine = Pick<Engine, 'open' | 'draft' | 'verify' | 'close'>;

/** A session on an engine that one question is measured in. */
export interface SpokenSession {
  readonly engine: SpeakingEngine;
  readonly session: string;
  /** Longer answers are cut here. */
  readonly maxTokens: number;
}

/** What an exit said by itself: its tokens, and for each the margin between the two best. */
export interface Spoken {
  readonly tokens: readonly number[];
  readonly margins: readonly number[];
}

const CHUNK = 8;
/** A proposal that fell out of step after so few tokens is not worth following. */
const WORTH_FOLLOWING = 4;

/** M2: the exit's answer, drawn step by step. */
export async function speakBySteps({ engine, session, maxTokens }: SpokenSession, exit: number): Promise<Spoken> {
  const { tokens, margins } = await engine.draft({ session, exit, base: 0, count: maxTokens });
  return { tokens, margins };
}

/** M1: the exit's answer, found by verifying `proposal` and, where that ends, what `drafter` proposes. */
export async function speakByVerifying(
  { engine, session, maxTokens }: SpokenSession,
  exit: number,
  { proposal, drafter }: { readonly proposal: readonly number[]; readonly drafter: number },
): Promise<Spoken> {
  const tokens: number[] = [];
  const margins: number[] = [];
  let next = proposal;
  while (tokens.length < maxTokens) {
    const base = tokens.length;
    if (next.length === 0) next = (await engine.draft({ session, exit: drafter, base, count: CHUNK })).tokens;
    const block = next.slice(0, maxTokens - base);
    const verdict = await engine.verify({ session, exit, base, tokens: block });
    tokens.push(...block.slice(0, verdict.accepted));
    if (verdict.correction !== undefined && tokens.length < maxTokens) tokens.push(verdict.correction);
    margins.push(...verdict.margins.slice(0, tokens.length - margins.length));
    if (verdict.finished) break;
    next = verdict.accepted >= WORTH_FOLLOWING ? block.slice(verdict.accepted + 1) : [];
  }
  return { tokens, margins };
}

/** M3, by blocks. The session must hold `reference`; it does so afterwards. */
export async function marksByVerifying(
  { engine, session }: SpokenSession,
  exit: number,
  { reference, own }: { readonly reference: readonly number[]; readonly own: Spoken },
): Promise<readonly TokenMark[]> {
  const marks = [...marksOfOwnRun(reference, own)];
  while (marks.length < reference.length) {
    const base = marks.length;
    const verdict = await engine.verify({ session, exit, base, tokens: reference.slice(base) });
    const judged = verdict.margins.slice(0, reference.length - base);
    marks.push(...judged.map((margin, index) => ({ agrees: index < verdict.accepted, margin })));
    const held = base + verdict.accepted;
    await engine.draft({ session, exit, base: held, given: reference.slice(held), count: 0 });
  }
  return marks;
}

/** M3, by steps. The session must hold the exit's own answer. */
export async function marksBySteps(
  { engine, session }: SpokenSession,
  exit: number,
  { reference, own }: { readonly reference: readonly number[]; readonly own: Spoken },
): Promise<readonly TokenMark[]> {
  const marks = [...marksOfOwnRun(reference, own)];
  let run = CHUNK;
  while (marks.length < reference.length) {
    const at = marks.length;
    const count = Math.min(CHUNK, run, reference.length - at);
    const base = at - 1; // the token before was wrong: at least one is marked
    const drawn = await engine.draft({ session, exit, base, given: reference.slice(base, at), count });
    const known = marksOfOwnRun(reference.slice(at), drawn);
    marks.push(...known);
    run = 2 * known.length; // tokens drawn past a difference are drawn for nothing
  }
  return marks;
}

/** Up to and with the first token that differs. */
function marksOfOwnRun(reference: readonly number[], own: Spoken): readonly TokenMark[] {
  const wrong = own.tokens.findIndex((token, index) => token !== reference[index]);
  const known = Math.min(reference.length, wrong === -1 ? own.tokens.length : wrong + 1);
  return Array.from({ length: known }, (_, index) => ({ agrees: index !== wrong, margin: own.margins[index] ?? 0 }));
}
