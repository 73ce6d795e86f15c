// SPDX-License-Identifier: Apache-2.0
//
// What virtual time says of a cell that runs as real processes: the same costs, link, acceptance and lengths, the same
// planner, warmed up as long.
import { type EngineCosts, outcomeOf, type SimulatedFleet, type SimulatedNode, simulatePlan } from '@aiflow/decode';
import {
  costCurve,
  createPlacement,
  type ExitCost,
  type LinkFacts,
  type PlacementSnapshot,
  type PlanKind,
} from '@aiflow/placement';
import { createSeededRandom } from '@aiflow/time';
import { EDGE_LINK, REFERENCE_EXIT } from './grid-cell.ts';

/** What the nodes say they cost, by tier. */
export type MeasuredCosts = Readonly<Record<'device' | 'edge' | 'cloud', readonly ExitCost[]>>;

/** Share of an exit's tokens that another let stand. */
export interface MeasuredAcceptance {
  readonly draftExit: number;
  readonly judgeExit: number;
  readonly share: number;
}

/** What the real answers of a cell were like. */
export interface MeasuredCell {
  readonly costs: MeasuredCosts;
  readonly cloudLink: LinkFacts;
  readonly acceptance: readonly MeasuredAcceptance[];
  readonly promptTokens: number;
  readonly answerTokens: number;
}

/** Answers on virtual time. */
export interface PredictedAnswers {
  /** Of each answer. */
  readonly durationsMs: readonly number[];
  /** The kind of plan that was taken most often. */
  readonly kind: PlanKind;
}

/** More than the real ones, so that chance moves their median little. */
const ANSWERS = 25;
const WARM_UP_FROM = 1000;

/** Answers as often as `kinds` allow, after `warmUpAnswers` others. Throws when nobody can answer. */
export async function predictCell(
  measured: MeasuredCell,
  kinds: readonly PlanKind[],
  warmUpAnswers: number,
): Promise<PredictedAnswers> {
  const fleet = fleetOf(measured);
  const snapshot = snapshotOf(measured, kinds);
  const placement = createPlacement({ random: createSeededRandom(kinds.join()) });
  const answerNext = async (answer: number): Promise<{ readonly kind: PlanKind; readonly durationMs: number }> => {
    const decision = placement.decide(snapshot);
    if (decision === undefined) throw new Error(`no plan of the kinds ${kinds.join(', ')} reaches the reference`);
    const result = await simulatePlan(fleet, decision.plan, answer);
    placement.note(decision, outcomeOf(result, snapshot));
    return { kind: decision.plan.kind, durationMs: result.durationMs };
  };
  for (let answer = 0; answer < warmUpAnswers; answer++) await answerNext(WARM_UP_FROM + answer);
  const answers: { readonly kind: PlanKind; readonly durationMs: number }[] = [];
  for (let answer = 0; answer < ANSWERS; answer++) answers.push(await answerNext(answer));
  return { durationsMs: answers.map(({ durationMs }) => durationMs), kind: mostFrequent(answers) };
}

function mostFrequent(answers: readonly { readonly kind: PlanKind }[]): PlanKind {
  const count = (wanted: PlanKind): number => answers.filter(({ kind }) => kind === wanted).length;
  const kinds = answers.map(({ kind }) => kind);
  return kinds.reduce((best, other) => (count(other) > count(best) ? other : best));
}

function fleetOf({ costs, cloudLink, acceptance, promptTokens, answerTokens }: MeasuredCell): SimulatedFleet {
  const judged = acceptance.filter(({ judgeExit }) => judgeExit === REFERENCE_EXIT);
  return {
    device: nodeOf(costs.device),
    edge: { ...nodeOf(costs.edge), link: EDGE_LINK },
    cloud: { ...nodeOf(costs.cloud), link: cloudLink },
    agreement: Object.fromEntries(judged.map(({ draftExit, share }) => [draftExit, share])),
    ...{ referenceExit: REFERENCE_EXIT, answerTokens, promptTokens, seed: 7 },
  };
}

function nodeOf(costs: readonly ExitCost[]): SimulatedNode {
  return { exits: Object.fromEntries(costs.map(cost => [cost.exit, engineCosts(cost)])) };
}

function engineCosts({ stepMs, verify, prefillTokenMs }: ExitCost): EngineCosts {
  const points = verify ?? [
    { tokens: 1, ms: stepMs },
    { tokens: 16, ms: 2 * stepMs },
  ];
  const longest = points.at(-1) ?? { tokens: 1, ms: stepMs };
  const promptTokenMs = prefillTokenMs ?? longest.ms / longest.tokens;
  return { stepMs, verifyMs: costCurve(points), openMs: tokens => tokens * promptTokenMs };
}

function snapshotOf(measured: MeasuredCell, allowed: readonly PlanKind[]): PlacementSnapshot {
  const { costs, cloudLink, acceptance, promptTokens, answerTokens } = measured;
  return {
    ...{ referenceExit: REFERENCE_EXIT, promptTokens, answerTokens, allowed },
    owner: { node: 'device', tier: 'device', exits: costs.device },
    others: [
      { node: 'edge', tier: 'edge', exits: costs.edge, link: EDGE_LINK },
      { node: 'cloud', tier: 'cloud', exits: costs.cloud, link: cloudLink },
    ],
    acceptance: acceptance.map(({ draftExit, judgeExit, share }) => ({ draftExit, judgeExit, byPosition: [share] })),
  };
}
