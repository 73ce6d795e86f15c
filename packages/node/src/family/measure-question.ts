// SPDX-License-Identifier: Apache-2.0
import type { Engine, ExitPolicy, FamilyTokenizer, HeldOutQuestion } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { type AnswerRecord, type ExitRecord, type PolicyRecord, packMarks } from './answer-record.ts';
import {
  marksBySteps,
  marksByVerifying,
  type Spoken,
  type SpokenSession,
  speakBySteps,
  speakByVerifying,
} from './speak.ts';

/** What a question is measured with. */
export interface QuestionPlace {
  readonly engine: Pick<Engine, 'open' | 'draft' | 'verify' | 'close' | 'exits'>;
  readonly tokenizer: Pick<FamilyTokenizer, 'encode' | 'encodeQuestion' | 'decode'>;
  /** Positions the family's context holds. */
  readonly context: number;
}

/** A policy to try, by the risk it was made for. */
export interface RiskPolicy {
  readonly risk: number;
  readonly policy: ExitPolicy;
}

type Measured = Pick<AnswerRecord, 'exits' | 'policies' | 'reference'>;

/** An answer that is so much longer than the right one is wrong, and cut. */
const SLACK_TOKENS = 16;

/** Every exit's answer by verifying the one before's, shallow to deep; the deepest's is the reference. */
export async function measureByBlocks(place: QuestionPlace, question: HeldOutQuestion): Promise<Measured> {
  return inSession(place, question, async session => {
    const { exits } = place.engine;
    const [drafter = 0] = exits;
    const spoken = new Map<number, Spoken>();
    let proposal: readonly number[] = [];
    for (const exit of exits) {
      const own =
        exit === drafter
          ? await speakBySteps(session, exit)
          : await speakByVerifying(session, exit, { proposal, drafter });
      spoken.set(exit, own);
      proposal = own.tokens;
    }
    const reference = proposal;
    const records: ExitRecord[] = [];
    for (const [exit, own] of spoken) {
      const marks = await marksByVerifying(session, exit, { reference, own });
      records.push({ exit, right: isRight(place, question, own.tokens), ...packMarks(marks) });
    }
    return { exits: records, policies: [], reference: [...reference] };
  });
}

/** Every exit's answer as it drafts it, and its choices along `reference`. */
export async function measureBySteps(
  place: QuestionPlace,
  question: HeldOutQuestion,
  reference: readonly number[],
): Promise<Measured> {
  return inSession(place, question, async session => {
    const records: ExitRecord[] = [];
    for (const exit of place.engine.exits) {
      const own = await speakBySteps(session, exit);
      const marks = await marksBySteps(session, exit, { reference, own });
      records.push({ exit, right: isRight(place, question, own.tokens), ...packMarks(marks) });
    }
    return { exits: records, policies: [] };
  });
}

/**
 * The answer under each policy. The question itself is computed at every exit beforehand, so that times are of the answer;
 * the first record, of risk 0, is the deepest exit alone.
 */
export async function measurePolicies(
  place: QuestionPlace,
  question: HeldOutQuestion,
  policies: readonly RiskPolicy[],
): Promise<Measured> {
  return inSession(place, question, async ({ engine, session, maxTokens }) => {
    const { exits } = place.engine;
    const deepest = exits.at(-1) ?? 0;
    for (const exit of exits) await engine.draft({ session, exit, base: 0, count: 1 });
    const alone: RiskPolicy = { risk: 0, policy: { kind: 'fixed', exit: deepest } };
    const records: PolicyRecord[] = [];
    for (const { risk, policy } of [alone, ...policies]) {
      const made = await engine.draft({ session, exit: deepest, policy, base: 0, count: maxTokens });
      if (made.exits === undefined) throw new AiflowError('unimplemented', 'this engine follows no exit policy');
      records.push({
        risk,
        right: isRight(place, question, made.tokens),
        tokens: made.tokens.length,
        computeMs: made.computeMs,
        decided: countByExit(made.exits),
      });
    }
    return { exits: [], policies: records };
  });
}

function countByExit(exits: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const exit of exits) counts[exit] = (counts[exit] ?? 0) + 1;
  return counts;
}

async function inSession(
  { engine, tokenizer, context }: QuestionPlace,
  { id, question, answer }: HeldOutQuestion,
  work: (session: SpokenSession) => Promise<Measured>,
): Promise<Measured> {
  const prompt = tokenizer.encodeQuestion(question);
  const maxTokens = Math.min(context - prompt.length, tokenizer.encode(answer).length + SLACK_TOKENS);
  await engine.open({ session: id, prompt });
  try {
    return await work({ engine, session: id, maxTokens });
  } finally {
    await engine.close(id);
  }
}

function isRight({ tokenizer }: QuestionPlace, { answer }: HeldOutQuestion, tokens: readonly number[]): boolean {
  return tokenizer.decode([...tokens]) === answer;
}
