// SPDX-License-Identifier: Apache-2.0
//
// An answer by one node whose exits take turns. What is said stands: no revision takes a token back.
import { type SessionRevision, type TierStatistics, withTimeLimit } from '@aiflow/decode';
import { AiflowError } from '@aiflow/protocol';
import { type AnswerRun, type SummedResult, summarize } from './answer-run.ts';
import { describeRevision } from './answer-text.ts';
import type { AnswerSummary, AskItem } from './ask-contract.ts';
import { countDecided, referencesOf } from './deciding-exits.ts';
import { percent, type ResolvedPolicy } from './exit-policy.ts';
import { policyOfCall } from './policy-budget.ts';

/** Tokens of one call: as often a revision goes out and the budget is looked at again. */
const TOKENS_A_CALL = 8;
/** Before an answer has shown how long it gets. */
const USUAL_TOKENS = 48;
const LEAST_TOKENS_LEFT = 16;

interface Said {
  readonly tokens: number[];
  readonly exits: number[];
  readonly margins: number[];
  computeMs: number;
  calls: number;
  finished: boolean;
}

/** Answers with the owner's engine, each token by the exit that `policy` chooses. */
export async function* answerAlone(run: AnswerRun, policy: ResolvedPolicy): AsyncGenerator<AskItem, void> {
  const session = `alone/${run.session}`;
  const said: Said = { tokens: [], exits: [], margins: [], computeMs: 0, calls: 0, finished: false };
  const { sampling } = run.request;
  let firstRevisionMs: number | undefined;
  run.standing.follow(() => sumUp(run, said, policy), said.tokens);
  try {
    await run.engine.open({ session, prompt: run.prompt, ...(sampling === undefined ? {} : { sampling }) }, run.signal);
    while (!said.finished && said.tokens.length < run.maxTokens && run.remainingMs() > 0) {
      if (!(await sayMore(run, { session, policy, said }))) break;
      const ageMs = run.clock.nowMs() - run.beganMs;
      firstRevisionMs ??= ageMs;
      const facts = { session: run.session, ageMs, revisionsShown: run.revisionsShown };
      yield { kind: 'revision', revision: describeRevision(run.textModel, revisionOf(run, said), facts) };
    }
  } finally {
    await run.engine.close(session); // before the summary, after which nobody waits any more
  }
  const summary = sumUp(run, said, policy);
  yield { kind: 'summary', summary: { ...summary, ...(firstRevisionMs === undefined ? {} : { firstRevisionMs }) } };
}

function sumUp(run: AnswerRun, said: Said, policy: ResolvedPolicy): AnswerSummary {
  const { statedRisk } = policy;
  return {
    ...summarize(run, resultOf(run, said, policy)),
    decided: countDecided(said.exits),
    ...(statedRisk === undefined ? {} : { statedRisk }),
  };
}

interface Saying {
  readonly session: string;
  readonly policy: ResolvedPolicy;
  readonly said: Said;
}

/** Says some tokens more; false when the deadline came first. */
async function sayMore(run: AnswerRun, { session, policy, said }: Saying): Promise<boolean> {
  const base = said.tokens.length;
  const count = Math.min(TOKENS_A_CALL, run.maxTokens - base);
  const expectedTokens = Math.min(run.maxTokens - base, Math.max(LEAST_TOKENS_LEFT, USUAL_TOKENS - base));
  const remainingMs = run.remainingMs();
  // What an answer has to fit is its deadline; once that has passed, what is left.
  const fittingMs = run.remainingToDeadlineMs() || remainingMs;
  const progress = { count, expectedTokens, remainingMs: fittingMs, computeMs: said.computeMs };
  const request = { session, exit: policy.last, policy: policyOfCall(policy, progress), base, count };
  const limit = { clock: run.clock, limitMs: remainingMs, what: 'answering alone', signal: run.signal };
  try {
    const made = await withTimeLimit(limit, signal => run.engine.draft(request, signal));
    said.tokens.push(...made.tokens);
    said.margins.push(...made.margins);
    said.exits.push(...(made.exits ?? made.tokens.map(() => policy.last)));
    said.computeMs += made.computeMs;
    said.calls += 1;
    said.finished = made.finished || made.tokens.length === 0;
    return true;
  } catch (error) {
    if (run.signal.aborted || AiflowError.from(error).code !== 'deadline-exceeded') throw error;
    return false;
  }
}

function revisionOf({ node, tier, maxTokens }: AnswerRun, said: Said): SessionRevision {
  const { tokens, exits, calls, finished } = said;
  return {
    ...{ sequence: calls, tier, node, tokens: [...tokens], committed: tokens.length, judged: tokens.length },
    exit: exits.at(-1) ?? 0,
    confidence: 1,
    finished: finished || tokens.length >= maxTokens,
  };
}

function resultOf(run: AnswerRun, said: Said, policy: ResolvedPolicy): SummedResult {
  const { tokens, exits, finished } = said;
  const { node, tier, engine } = run;
  const isWhole = finished || tokens.length >= run.maxTokens;
  return {
    outcome: isWhole ? 'complete' : 'deadline',
    exact: isWhole && engine.format === 'fp32' && exits.every(exit => exit === run.choice.wantedExit),
    reasons: [
      ...(isWhole ? [] : ['the deadline came before the end of the answer']),
      explain(run, said, policy),
      ...overrun(said, policy),
    ],
    tokens,
    committed: tokens.length,
    endedByItself: finished,
    references: referencesOf(exits, { node, tier, format: engine.format }),
    tiers: [ownerStatistics(run, said, policy)],
  };
}

function explain({ choice, engine }: AnswerRun, { exits }: Said, policy: ResolvedPolicy): string {
  const shares = countDecided(exits).map(({ exit, tokens }) => `exit ${exit} decided ${tokens}`);
  const { last } = policy;
  if (policy.risk !== undefined && policy.statedRisk === undefined && last < choice.wantedExit) {
    return explainNoRisk(policy.risk, last);
  }
  const short = last < choice.wantedExit ? `; exit ${choice.wantedExit} is not held here` : '';
  return `exit policy: ${shares.join(', ') || 'no token'}${explainRisk(policy, engine.format)}${short}`;
}

/** First what is not kept, then why, then the remedy. */
function explainNoRisk(risk: number, last: number): string {
  return (
    `the risk of ${percent(risk)} is not promised: exit ${last} decided every token, as this node holds no shallower exit to choose from; ` +
    'to have it promised, ask a node that holds deeper exits (--tiers cloud-only)'
  );
}

function explainRisk(
  { risk, statedRisk, last, joules, inTime }: ResolvedPolicy,
  format: AnswerRun['engine']['format'],
): string {
  if (risk === undefined) return '';
  if (statedRisk === undefined) {
    return `; no exit before ${last} is held here to choose from, so every token was decided by exit ${last}`;
  }
  const noted = format === 'fp32' ? '' : `, this node computes in ${format}`;
  const cut = joules !== undefined || inTime ? ', beside those that energy or time cut short' : '';
  return `; of all tokens at most ${percent(statedRisk)} differ from the deepest exit's for stopping before exit ${last}${cut} (95 % bounds summed over the exits, calibrated in fp32)${noted}`;
}

/** The shallowest exit answers whatever it takes; that this was too much shall not go unsaid. */
function overrun({ computeMs }: Said, { joules, watts }: ResolvedPolicy): readonly string[] {
  if (joules === undefined || watts === undefined) return [];
  const spent = (computeMs * watts) / 1000;
  if (spent <= joules) return [];
  const took = `${figure(spent)} J (${figure(computeMs)} ms of computing at ${watts} W)`;
  return [
    `energy: the answer took ${took}, more than the ${joules} J allowed: the shallowest exit answers in any case`,
  ];
}

function figure(value: number): number {
  return Number(value.toPrecision(3));
}

function ownerStatistics({ node, tier, engine }: AnswerRun, said: Said, { last }: ResolvedPolicy): TierStatistics {
  const exit = said.exits.length === 0 ? last : Math.max(...said.exits); // the deepest that was computed to the end
  const judged = { verifyCalls: 0, proposed: 0, accepted: 0, rejections: 0, nearTies: 0, outdated: 0 };
  return {
    ...{ node, tier, exit, format: engine.format, role: 'drafter', state: 'serving', openings: 1 },
    ...{ calls: said.calls, drafted: said.tokens.length, fault: undefined },
    ...{ ...judged, computeMs: said.computeMs, waitMs: 0, leastWaitMs: undefined },
  };
}
