// SPDX-License-Identifier: Apache-2.0
//
// Cells of the grid as real processes beside virtual time. Virtual time is given what was measured in this very run: the
// costs of the nodes, the link that is emulated, and lengths and acceptance of the real answers.
import type { HeldOutQuestion } from '@aiflow/model';
import type { AnswerResult, FleetNodeConfig } from '@aiflow/node';
import type { LinkFacts } from '@aiflow/placement';
import { createSeededRandom } from '@aiflow/time';
import { chooseRounds, readHeldOutQuestions } from '../answers/held-out-questions.ts';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { awaitCosts, measureCalmRoundTrip } from './await-facts.ts';
import {
  CALM_ROUND_TRIP,
  CELL_MODES,
  CELL_ROUNDS,
  type CellMode,
  cellsRows,
  modesOf,
  nameRealCell,
  PACE,
  REAL_CELLS,
  type RealCell,
  realMetric,
  SAME_CHOICE,
  TEXT_MISMATCHES,
  virtualMetric,
} from './cells-rows.ts';
import { DRAFT_EXIT, EDGE_LINK, MIDDLE_EXIT, REFERENCE_EXIT } from './grid-cell.ts';
import { type LinkedFleet, startLinkedFleet } from './linked-fleet.ts';
import { acceptanceOf } from './measured-acceptance.ts';
import { type MeasuredCosts, predictCell } from './predict-cell.ts';
import { pacesOf, seenCosts } from './seen-costs.ts';

const ANSWER_TOKENS = 60;
const DEADLINE_MS = 60_000;
/** Questions before those that count: the planner learns of link, nodes and acceptance. */
const WARM_UP = { auto: 4, others: 1 } as const;

/** Cells of the grid as real processes, and how near virtual time comes to them. */
export const cellsCase: BenchCase = {
  name: 'cells',
  title: 'cells of the grid as real processes over emulated links, beside virtual time with the same costs and link',
  rows: cellsRows,
  run: async context => {
    const rounds = createRoundCollector();
    const cells = context.quick ? REAL_CELLS.slice(1, 2) : REAL_CELLS;
    const questions = await questionsOf(context.quick ? CELL_ROUNDS.quick : CELL_ROUNDS.full);
    let mismatches = 0;
    for (const deviceFactor of new Set(cells.map(cell => cell.deviceFactor))) {
      await using fleet = await startLinkedFleet(context, deviceFactor, arrangeNode);
      const costs = await awaitCosts(fleet.client, context.signal);
      rounds.add(CALM_ROUND_TRIP, await measureCalmRoundTrip(fleet.client, context.signal));
      const parts = { context, fleet, rounds, questions, costs };
      for (const cell of cells.filter(other => other.deviceFactor === deviceFactor)) {
        mismatches += await measureCell(parts, cell);
      }
    }
    rounds.add(TEXT_MISMATCHES, mismatches);
    if (mismatches > 0) throw new Error(`${mismatches} answers differ from the text of the cloud alone`);
    return rounds.measurements;
  },
};

/** The exits of the grid, one a node, and the edge's link. */
function arrangeNode(node: FleetNodeConfig): FleetNodeConfig {
  const exit = { device: DRAFT_EXIT, edge: MIDDLE_EXIT, cloud: REFERENCE_EXIT }[node.tier];
  const model = node.model === undefined ? {} : { model: { ...node.model, exits: [exit] } };
  const { rttMs, bytesPerSecond } = EDGE_LINK;
  const link = { delayMs: rttMs / 2, jitterMs: 0, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
  return { ...node, ...model, ...(node.tier === 'edge' ? { link } : {}) };
}

interface CellParts {
  readonly context: CaseContext;
  readonly fleet: LinkedFleet;
  readonly rounds: RoundCollector;
  readonly questions: readonly HeldOutQuestion[];
  readonly costs: MeasuredCosts;
}

type Ask = (question: string, tiers: CellMode) => PromiseLike<AnswerResult>;
type ByMode = Readonly<Record<CellMode, AnswerResult['summary'][]>>;

/** Returns how many answers differed from the cloud's own. */
async function measureCell(parts: CellParts, cell: RealCell): Promise<number> {
  const { context, fleet, questions } = parts;
  const cloudLink = { rttMs: cell.rttMs, bytesPerSecond: (cell.mbitPerSecond * 1e6) / 8 };
  fleet.setCloudLink(cloudLink);
  const ask: Ask = (question, tiers) =>
    fleet.client.ask(question, {
      ...{ tiers, at: 'device-1', maxTokens: ANSWER_TOKENS },
      ...{ deadlineMs: DEADLINE_MS, signal: context.signal },
    });
  await warmUp(ask, questions, modesOf(cell));
  const answers: ByMode = { 'cloud-only': [], two: [], three: [], auto: [] };
  let mismatches = 0;
  for (const [round, { question }] of questions.entries()) {
    const texts = new Map<CellMode, string>();
    for (const mode of interleave(modesOf(cell), round)) {
      const { text, summary } = await ask(question, mode);
      texts.set(mode, text);
      answers[mode].push(summary);
    }
    mismatches += [...texts.values()].filter(text => text !== texts.get('cloud-only')).length;
  }
  await compare(parts, { cell, cloudLink, answers });
  return mismatches;
}

async function warmUp(ask: Ask, questions: readonly HeldOutQuestion[], modes: readonly CellMode[]): Promise<void> {
  for (const mode of modes) {
    const count = mode === 'auto' ? WARM_UP.auto : WARM_UP.others;
    for (let index = 0; index < count; index++)
      await ask(questions.at(-1 - (index % questions.length))?.question ?? '', mode);
  }
}

interface PlayedCell {
  readonly cell: RealCell;
  readonly cloudLink: LinkFacts;
  readonly answers: ByMode;
}

async function compare({ context, rounds, costs }: CellParts, { cell, cloudLink, answers }: PlayedCell): Promise<void> {
  const all = Object.values(answers).flat();
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const measured = {
    ...{ costs: seenCosts(costs, all), cloudLink, acceptance: acceptanceOf(all) },
    promptTokens: Math.round(mean(all.map(({ promptTokens }) => promptTokens))),
    answerTokens: Math.round(mean(all.map(({ answerTokens }) => answerTokens))),
  };
  for (const pace of pacesOf(costs, all)) rounds.add(PACE, pace);
  for (const mode of modesOf(cell)) {
    const warmUpAnswers = mode === 'auto' ? WARM_UP.auto : WARM_UP.others;
    const predicted = await predictCell(measured, CELL_MODES[mode].kinds, warmUpAnswers);
    const durationsMs = answers[mode].map(({ durationMs }) => durationMs);
    for (const ms of durationsMs) rounds.add(realMetric(cell, mode), ms);
    for (const ms of predicted.durationsMs) rounds.add(virtualMetric(cell, mode), ms);
    const chosen = answers[mode].map(({ plan, mode: way }) => plan?.kind ?? way);
    if (mode === 'auto') rounds.add(SAME_CHOICE, mean(chosen.map(kind => (kind === predicted.kind ? 1 : 0))));
    context.progress(
      `${nameRealCell(cell)}, ${mode}: real ${Math.round(mean(durationsMs))} ms, virtual ${Math.round(mean(predicted.durationsMs))} ms; chosen ${[...new Set(chosen)].join(', ')}, on virtual time ${predicted.kind}`,
    );
  }
  const paces = pacesOf(costs, all).map(pace => pace.toFixed(2));
  context.progress(`acceptance ${JSON.stringify(measured.acceptance)}, seen over stated costs ${paces.join(' ')}`);
}

const FEWEST_CHARACTERS = 100;

/** Questions with answers of 60 tokens and more, digits counting one each: all are cut there. */
async function questionsOf(count: number): Promise<readonly HeldOutQuestion[]> {
  const fitting = (await readHeldOutQuestions()).filter(({ answer }) => answer.length >= FEWEST_CHARACTERS);
  return chooseRounds(fitting, count, createSeededRandom('cells')).flat().slice(0, count);
}
