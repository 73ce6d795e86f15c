// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import type { DrivenProcess } from '../harness/driven-process.ts';
import type { ContenderName, DecodeFigures } from './contenders/contender.ts';
import type { DecodeCommand } from './decode-process.ts';
import type { LoneModel } from './lone-model.ts';
import { CONTEXTS, type ContextLength, FORMATS, TIMED_TOKENS } from './rows.ts';

/** A contender that runs. */
export interface Contender {
  readonly name: ContenderName;
  readonly label: string;
  readonly ours: boolean;
  /** Our engine of the same format. */
  readonly format: ContenderName;
  readonly process: DrivenProcess<DecodeCommand>;
}

/** Texts to continue, by the engine of ours and the prompt's length. */
export type Prompts = ReadonlyMap<string, readonly number[]>;

/** Names a text. */
export const promptKey = (ours: ContenderName, length: number): string => `${ours} ${length}`;

/** For each format and context a text of random tokens which our engine continues without ending, if one is found. */
export async function choosePrompts(contenders: readonly Contender[], model: LoneModel): Promise<Prompts> {
  const engines = contenders.filter(({ ours }) => ours);
  if (engines.length < FORMATS.length)
    throw new Error('an engine of ours did not start, and the others are held against it');
  const prompts = new Map<string, readonly number[]>();
  for (const engine of engines) {
    for (const length of CONTEXTS.map(promptLength)) {
      const found = await findLongAnswer(engine, model, length);
      if (found !== undefined) prompts.set(promptKey(engine.format, length), found);
    }
  }
  return prompts;
}

export const PROMPT_TRIES = 80;

async function findLongAnswer(
  engine: Contender,
  model: LoneModel,
  length: number,
): Promise<readonly number[] | undefined> {
  for (let attempt = 0; attempt < PROMPT_TRIES; attempt++) {
    const prompt = randomPrompt(model, length, attempt);
    if ((await decode(engine, prompt)).tokens.length === TIMED_TOKENS + 1) return prompt;
  }
  return undefined;
}

/** The same for the same attempt. */
export function randomPrompt({ dimensions }: LoneModel, length: number, attempt: number): readonly number[] {
  const random = createSeededRandom(`prompt ${length} ${attempt}`);
  return Array.from({ length }, () => SPECIALS + random.below(dimensions.vocabulary - SPECIALS));
}

/** Ids below are control tokens. */
const SPECIALS = 16;

/** So that the timed tokens lie around the context's length. */
export function promptLength(context: ContextLength): number {
  return context - TIMED_TOKENS / 2;
}

/** Continues `prompt` by the tokens that are timed. */
export function decode({ process }: Contender, prompt: readonly number[]): Promise<DecodeFigures> {
  return process.request({ kind: 'decode', prompt, count: TIMED_TOKENS }) as Promise<DecodeFigures>;
}
