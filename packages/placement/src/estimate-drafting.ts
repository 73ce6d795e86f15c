// SPDX-License-Identifier: Apache-2.0
//
// Expected time of an answer that the owner drafts and one or two others judge.
import { acceptanceTable } from './acceptance.ts';
import { costTable } from './cost-curve.ts';
import { draftingSupply, type Piece, type Supply } from './draft-supply.ts';
import {
  expectedAnswerTimes,
  expectedJudgedTimes,
  type RunLengths,
  runLengths,
  type Stretches,
} from './expected-time.ts';
import type { JudgeCosts } from './judge-costs.ts';
import type { MessageSizes } from './message-sizes.ts';
import { playStretch } from './pipeline.ts';
import type { DraftingShape } from './plan.ts';
import type { Stretch } from './read-stretch.ts';
import type { AcceptanceFacts, ExitCost, PlacementNode, RemoteNode } from './snapshot.ts';

/** Longest block that the driver sends. */
const MAX_BLOCK_TOKENS = 32;
/** Longer answers are taken to go on at the pace of their last tokens. */
const MAX_HORIZON = 64;
const PACE_TOKENS = 24;

/** A judge of a chain. */
export interface ChainJudge {
  readonly node: RemoteNode;
  readonly cost: ExitCost;
}

/** Who drafts and who judges, shallow to deep, for an answer of some length. */
export interface Chain {
  readonly owner: PlacementNode;
  readonly draft: ExitCost;
  readonly judges: readonly ChainJudge[];
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly acceptance: readonly AcceptanceFacts[];
  readonly sizes: MessageSizes;
}

/** Estimates one chain; what does not depend on the shape is worked out once. */
export interface ChainEstimator {
  expectedMs(shape: DraftingShape): number;
  /** The same for an answer of one token. */
  oneTokenMs(shape: DraftingShape): number;
  firstTokenMs(shape: DraftingShape): number;
}

interface Stage {
  readonly judge: JudgeCosts;
  readonly runs: RunLengths;
  /** When the judge is ready for its first block. */
  readonly openMs: number;
  /** When the uplink is free after the opening. */
  readonly upAtMs: number;
}

/** Makes an estimator. A chain has one or two judges. */
export function createChainEstimator(chain: Chain): ChainEstimator {
  const horizon = Math.max(1, Math.min(MAX_HORIZON, Math.round(chain.answerTokens)));
  const stepMs = chain.draft.stepMs * loadOf(chain.owner);
  const draftAtMs = chain.promptTokens * prefillTokenMs(chain.draft) * loadOf(chain.owner);
  const exits = [chain.draft.exit, ...chain.judges.map(({ cost }) => cost.exit)];
  const stages = chain.judges.map((judge, at): Stage => {
    const pair = { draftExit: exits[at] ?? 0, judgeExit: judge.cost.exit };
    const runs = runLengths(acceptanceTable(chain.acceptance, pair, horizon), horizon);
    return { runs, ...judgeStage(chain, judge) };
  });
  return {
    expectedMs: shape => extrapolate(timesOf(stages, shape, { horizon, stepMs, draftAtMs }), chain.answerTokens),
    oneTokenMs: shape => timesOf(stages.map(forOneToken), shape, { horizon: 1, stepMs, draftAtMs }).wholeMs,
    firstTokenMs: shape => draftAtMs + stepMs * Math.min(shape.draftLengths[0] ?? 1, chain.answerTokens),
  };
}

function forOneToken(stage: Stage): Stage {
  const { endsAt, survives } = stage.runs;
  return { ...stage, runs: { endsAt: endsAt.slice(0, 2), survives: survives.slice(0, 2) } };
}

function judgeStage({ promptTokens, sizes }: Chain, { node, cost }: ChainJudge): Omit<Stage, 'runs'> {
  const { rttMs, bytesPerSecond } = node.link;
  const byteMs = bytesPerSecond === undefined ? 0 : 1000 / bytesPerSecond;
  const load = loadOf(node);
  const blockMs = costTable(verifyPoints(cost), MAX_BLOCK_TOKENS).map(ms => ms * load);
  const judge = { blockMs, halfTripMs: rttMs / 2, messageMs: sizes.message * byteMs, tokenMs: sizes.token * byteMs };
  const upAtMs = (sizes.opening + promptTokens * sizes.token) * byteMs;
  return { judge, upAtMs, openMs: upAtMs + rttMs / 2 + promptTokens * prefillTokenMs(cost) * load };
}

interface DraftPace {
  readonly horizon: number;
  readonly stepMs: number;
  readonly draftAtMs: number;
}

interface AnswerTimes {
  readonly remainderMs: readonly number[];
  readonly wholeMs: number;
}

function timesOf(stages: readonly Stage[], shape: DraftingShape, pace: DraftPace): AnswerTimes {
  const [near, far] = stages;
  if (near === undefined) return { remainderMs: [0], wholeMs: 0 };
  const drafted = draftedStretches(near, shape, pace);
  const firstBlockMs = (shape.draftLengths[0] ?? 1) * pace.stepMs;
  const restart = { messageMs: near.judge.messageMs, firstBlockMs };
  const answer = expectedAnswerTimes(near.runs, drafted, restart);
  if (far === undefined) return answer;
  const judged = expectedJudgedTimes(near.runs, drafted, restart);
  const pieces = verdictEnds(drafted.again, near.runs);
  const again = forwardedStretch(far, shape, { arrivalMs: judged.againMs, endMs: answer.remainderMs, pieces }, false);
  const firstEndMs = answer.remainderMs.map(
    (ms, token) => ms + (judged.firstMs[token] ?? 0) - (judged.againMs[token] ?? 0),
  );
  const first = forwardedStretch(far, shape, { arrivalMs: judged.firstMs, endMs: firstEndMs, pieces }, true);
  return expectedAnswerTimes(
    far.runs,
    { first, again },
    {
      messageMs: far.judge.messageMs,
      firstBlockMs: judged.againMs[pieces[0] ?? 1] ?? 0,
    },
  );
}

function draftedStretches(stage: Stage, shape: DraftingShape, { horizon, stepMs, draftAtMs }: DraftPace): Stretches {
  const { judge } = stage;
  const play = (startMs: number, upAtMs: number, judgeAtMs: number): Stretch =>
    playStretch(horizon, draftingSupply(stepMs, shape.draftLengths, startMs), judge, {
      limits: shape,
      start: { upAtMs, judgeAtMs },
    });
  // After a rejection the rollback goes ahead of the first block.
  return { first: play(draftAtMs, stage.upAtMs, stage.openMs), again: play(0, judge.messageMs, 0) };
}

/** Tokens after which the nearer judge's verdicts come on average: after each block and after each rejection. */
function verdictEnds({ judgedMs }: Stretch, { endsAt, survives }: RunLengths): readonly number[] {
  const total = judgedMs.length - 1;
  let blocks = 1;
  for (let token = 2; token <= total; token++) if (judgedMs[token] !== judgedMs[token - 1]) blocks += 1;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const rejections = (total * sum(endsAt)) / Math.max(1, sum(survives) - (survives[total] ?? 0));
  const pieces = Math.max(1, Math.min(total, Math.round(blocks + rejections)));
  return Array.from({ length: pieces }, (_, at) => Math.round(((at + 1) * total) / pieces));
}

interface Forwarded {
  /** When so many tokens are judged by the nearer judge, and when if that many are the whole answer. */
  readonly arrivalMs: readonly number[];
  readonly endMs: readonly number[];
  readonly pieces: readonly number[];
}

function forwardedStretch(stage: Stage, shape: DraftingShape, tokens: Forwarded, isFirst: boolean): Stretch {
  const start = isFirst
    ? { upAtMs: stage.upAtMs, judgeAtMs: stage.openMs }
    : { upAtMs: stage.judge.messageMs, judgeAtMs: 0 };
  const total = tokens.arrivalMs.length - 1;
  return playStretch(total, forwardingSupply(tokens), stage.judge, { limits: shape, start });
}

function forwardingSupply({ arrivalMs, endMs, pieces }: Forwarded): Supply {
  let at = 0;
  return {
    next: (_, ready): Piece | undefined => {
      while ((pieces[at] ?? Infinity) <= ready) at += 1;
      const to = pieces[at];
      if (to === undefined) return undefined;
      at += 1;
      const readyMs = arrivalMs[to] ?? 0;
      return { from: ready, to, startMs: readyMs, endMs: readyMs };
    },
    lastTokenMs: token => endMs[token] ?? 0,
  };
}

function extrapolate({ remainderMs, wholeMs }: AnswerTimes, answerTokens: number): number {
  const horizon = remainderMs.length - 1;
  if (answerTokens <= horizon) return wholeMs;
  const past = Math.max(0, horizon - PACE_TOKENS);
  const paceMs = ((remainderMs[horizon] ?? 0) - (remainderMs[past] ?? 0)) / Math.max(1, horizon - past);
  return wholeMs + (answerTokens - horizon) * paceMs;
}

/** How many times longer a node takes, as others keep it busy. */
export function loadOf({ load }: PlacementNode): number {
  return Math.max(1, load ?? 1);
}

/** Measured points, or a guess from the step alone. */
export function verifyPoints({ verify, stepMs }: ExitCost): NonNullable<ExitCost['verify']> {
  const isMeasured = verify !== undefined && verify.length > 0;
  return isMeasured
    ? verify
    : [
        { tokens: 1, ms: stepMs },
        { tokens: 16, ms: 2 * stepMs },
      ];
}

/** What one token of a prompt takes to be taken in. */
export function prefillTokenMs(cost: ExitCost): number {
  if (cost.prefillTokenMs !== undefined) return cost.prefillTokenMs;
  const longest = [...verifyPoints(cost)].sort((one, other) => other.tokens - one.tokens)[0];
  return longest === undefined ? cost.stepMs : longest.ms / longest.tokens;
}
