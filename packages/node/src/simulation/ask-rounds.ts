// SPDX-License-Identifier: Apache-2.0
//
// Rounds of questions over links that come back: each choice of tiers is asked all questions, one after the other.
//
// S1  At the beginning of a round every link is rewound and its outages begin anew: each round meets the same links.
// S2  Questions begin at times of the round, not so long after the last answer, so that each meets the same outages; a
//     question that is late begins at once.
// S3  A question that fails is a result, not the end. A round ends early only by the limit or by Ctrl-C.
import { type PlayedOutages, playOutages } from '@aiflow/lab';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import { type AskedQuestion, runQuestion } from '../ask/run-question.ts';
import type { QuestionOptions } from '../client/answer.ts';
import type { Fleet } from '../client/fleet.ts';
import type { EmulatedLinks } from '../fleet/emulated-links.ts';
import type { SimulatedQuestion } from './choose-questions.ts';
import type { SimulationPlan } from './prepare-simulation.ts';
import {
  describeAnswer,
  type LinkBytes,
  type SimulatedAnswer,
  type SimulatedRound,
  type SimulatedTiers,
  summarize,
} from './simulation-report.ts';

/** What rounds are asked with. */
export interface RoundsOptions {
  readonly fleet: Fleet;
  readonly links: EmulatedLinks;
  readonly clock: Clock;
  /** The node that is asked. */
  readonly at: string;
  /** Ctrl-C: the rounds reject. */
  readonly signal: AbortSignal;
  /** The simulation's limit: what is open fails, what is left is not asked. */
  readonly limit: AbortSignal;
  readonly onAnswer: (asked: SimulatedTiers, answer: SimulatedAnswer) => void;
}

/** Asks every question in every choice of tiers. */
export async function askRounds(plan: SimulationPlan, options: RoundsOptions): Promise<readonly SimulatedRound[]> {
  await warmUp(plan, asking(plan, options), options);
  const rounds: SimulatedRound[] = [];
  for (const asked of plan.config.tiers) rounds.push(await askRound(plan, asked, options));
  return rounds;
}

/** The bytes that went over each link since it was made. */
export function bytesOf(plan: SimulationPlan, links: EmulatedLinks): readonly LinkBytes[] {
  return plan.links.map(({ node }) => {
    const counters = links.of(node)?.counters;
    return { node, up: counters?.up.bytesIn ?? 0, down: counters?.down.bytesIn ?? 0 };
  });
}

/** First questions build what only they cost, and measure links and nodes. Their failures are left to the rounds to tell. */
async function warmUp(
  { config, questions }: SimulationPlan,
  asking: QuestionOptions,
  options: RoundsOptions,
): Promise<void> {
  for (let index = 0; index < config.warmUp; index++) {
    const question = questions.at(-1 - (index % questions.length));
    for (const tiers of config.tiers) {
      if (question === undefined || options.limit.aborted) return;
      await runQuestion(options.fleet, question.question, { ...asking, tiers }).catch(() => {
        options.signal.throwIfAborted();
      });
    }
  }
}

function asking({ config }: SimulationPlan, { at, signal, limit }: RoundsOptions): QuestionOptions {
  const { exit, maxTokens, deadlineMs } = config;
  return {
    ...{ at, deadlineMs, signal: AbortSignal.any([signal, limit]) },
    ...(exit === undefined ? {} : { exit }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

async function askRound(plan: SimulationPlan, asked: SimulatedTiers, options: RoundsOptions): Promise<SimulatedRound> {
  const played = beginLinks(plan, options); // S1
  try {
    const answers: SimulatedAnswer[] = [];
    const beganMs = options.clock.nowMs();
    for (const [index, question] of plan.questions.entries()) {
      await untilTurn(beganMs + index * plan.config.askEveryMs, options);
      const answer = await askOne(plan, { asked, question, options });
      answers.push(answer);
      if (answer.outcome !== 'not-asked') options.onAnswer(asked, answer);
    }
    return { asked, answers, summary: summarize(answers) };
  } finally {
    for (const one of played) one.stop();
  }
}

/** S2 */
async function untilTurn(turnMs: number, { clock, signal, limit }: RoundsOptions): Promise<void> {
  const waitMs = turnMs - clock.nowMs();
  if (waitMs <= 0 || limit.aborted) return;
  await sleep(clock, waitMs, AbortSignal.any([signal, limit])).catch(() => signal.throwIfAborted());
}

function beginLinks(plan: SimulationPlan, { links, clock }: RoundsOptions): readonly PlayedOutages[] {
  return plan.links.flatMap(({ node, outages = [] }) => {
    const link = links.of(node);
    if (link === undefined) return [];
    link.rewind();
    return [playOutages(clock, link, outages)];
  });
}

interface OneQuestion {
  readonly asked: SimulatedTiers;
  readonly question: SimulatedQuestion;
  readonly options: RoundsOptions;
}

async function askOne(plan: SimulationPlan, { asked, question, options }: OneQuestion): Promise<SimulatedAnswer> {
  const { question: text, answer: reference } = question;
  const nothing = { question: text, nodes: [], reasons: [] };
  if (options.limit.aborted)
    return { ...nothing, outcome: 'not-asked', error: errorOf(options.limit.reason), bytes: [] };
  const before = bytesOf(plan, options.links);
  const bytes = (): readonly LinkBytes[] => since(before, bytesOf(plan, options.links));
  try {
    const { answer, summary, firstMs } = await askTimed(text, { ...asking(plan, options), tiers: asked }, options);
    const facts = { question: text, answer, reference, firstMs, bytes: bytes() };
    return describeAnswer(summary, facts);
  } catch (thrown) {
    options.signal.throwIfAborted(); // S3
    const error = errorOf(options.limit.aborted ? options.limit.reason : thrown);
    return { ...nothing, outcome: 'failed', error, bytes: bytes() };
  }
}

/**
 * When the first text came, as the asked node had it: what the question took here beyond its time there was the way there
 * and back, and both lie before the first revision.
 */
async function askTimed(
  question: string,
  asking: QuestionOptions,
  { fleet, clock }: RoundsOptions,
): Promise<AskedQuestion & { readonly firstMs: number | undefined }> {
  const beganMs = clock.nowMs();
  let textMs: number | undefined;
  const asked = await runQuestion(fleet, question, asking, ({ text }) => {
    if (text !== '') textMs ??= clock.nowMs() - beganMs;
  });
  const wayMs = clock.nowMs() - beganMs - asked.summary.durationMs;
  return { ...asked, firstMs: textMs === undefined ? undefined : Math.max(0, textMs - wayMs) };
}

function since(before: readonly LinkBytes[], after: readonly LinkBytes[]): readonly LinkBytes[] {
  return after.map(({ node, up, down }, index) => {
    const past = before[index];
    return { node, up: up - (past?.up ?? 0), down: down - (past?.down ?? 0) };
  });
}

function errorOf(thrown: unknown): { readonly code: string; readonly message: string } {
  const { code, message, node, hop } = AiflowError.from(thrown);
  const place = [node && `node ${node}`, hop !== node && hop && `hop ${hop}`].filter(Boolean).join(', ');
  return { code, message: place === '' ? message : `${message} (${place})` };
}
