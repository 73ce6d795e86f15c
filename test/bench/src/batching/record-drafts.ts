// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import { BLOCK_TOKENS, DRAFT_EXIT, JUDGE_EXIT } from './rows.ts';

/** A block that a device sent, and what was said of it. */
export interface RecordedBlock {
  readonly base: number;
  readonly tokens: readonly number[];
  readonly accepted: number;
  /** Absent when the answer ended with the last accepted token. */
  readonly correction: number | undefined;
}

/** One answer as a device drafted it and a verifier judged it, block by block. */
export interface RecordedAnswer {
  readonly prompt: readonly number[];
  readonly blocks: readonly RecordedBlock[];
  /** What was committed. */
  readonly tokens: readonly number[];
}

/** Who says what; the same engine may do both. */
export interface RecordingPair {
  readonly drafter: Pick<Engine, 'open' | 'draft' | 'close'>;
  readonly judge: Pick<Engine, 'open' | 'verify' | 'close'>;
}

/** Exit 1 drafts and exit 11 judges, one block after the other, until the answer ends or has `maxTokens`. */
export async function recordAnswer(
  { drafter, judge }: RecordingPair,
  prompt: readonly number[],
  maxTokens: number,
): Promise<RecordedAnswer> {
  const [drafting, judging] = ['recording drafts', 'recording verdicts'];
  await drafter.open({ session: drafting, prompt });
  await judge.open({ session: judging, prompt });
  const blocks: RecordedBlock[] = [];
  let tokens: readonly number[] = [];
  for (let isFinished = false; !isFinished && tokens.length < maxTokens; ) {
    const base = tokens.length;
    const count = Math.min(BLOCK_TOKENS, maxTokens - base);
    const own = tokens.slice(-1); // the verifier's own token, which the drafter does not hold
    const order = { session: drafting, exit: DRAFT_EXIT, base: base - own.length, given: own, count };
    const draft = await drafter.draft(order);
    const verdict = await judge.verify({ session: judging, exit: JUDGE_EXIT, base, tokens: draft.tokens });
    const { accepted, correction, finished } = verdict;
    blocks.push({ base, tokens: draft.tokens, accepted, correction });
    tokens = [...tokens, ...draft.tokens.slice(0, accepted), ...(correction === undefined ? [] : [correction])];
    isFinished = finished;
  }
  await drafter.close(drafting);
  await judge.close(judging);
  return { prompt, blocks, tokens };
}

/** What exit 11 of an engine says alone, token by token. */
export async function answerAlone(
  engine: Pick<Engine, 'open' | 'draft' | 'close'>,
  prompt: readonly number[],
  maxTokens: number,
): Promise<readonly number[]> {
  const session = 'alone';
  await engine.open({ session, prompt });
  const { tokens } = await engine.draft({ session, exit: JUDGE_EXIT, base: 0, count: maxTokens });
  await engine.close(session);
  return tokens;
}
