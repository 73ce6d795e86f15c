// SPDX-License-Identifier: Apache-2.0
//
// Asks the planner how to answer, and tells it what became of answers. One for all questions of an answerer.
//
// A1  Without a decision, or with one that can not be carried out, the fixed choice of `chooseMembers` stands.
// A2  A node that failed is left out of plans for `REST_ANSWERS` answers; the fixed choice may still try it.
// A3  Memory is bounded: at most `MAX_RESTING` nodes rest.
// A4  How long answers get is learnt from those that ended by themselves; one that was cut at what was asked for shows no
//     more than that they get as long.
// A5  What nodes cost is corrected in one place, `ObservedCosts`: the planner's own memory learns of links and ways, and a
//     ratio that both applied would count twice.
import { outcomeOf, type SessionResult } from '@aiflow/decode';
import {
  createPlacement,
  findPlans,
  type PlacementDecision,
  type PlacementSnapshot,
  type PlanMember,
} from '@aiflow/placement';
import type { Random } from '@aiflow/time';
import type { MemberChoice } from './choose-members.ts';
import { TELLING_TOKENS } from './corrected-costs.ts';
import { createObservedCosts } from './observed-costs.ts';
import { placementSnapshotOf, type SnapshotFacts } from './placement-snapshot.ts';
import { plannedChoice } from './planned-choice.ts';

/** A decision and the members that carry it out. */
export interface AnswerPlan {
  readonly decision: PlacementDecision;
  readonly snapshot: PlacementSnapshot;
  readonly choice: MemberChoice;
  /** Of the answer, as it was asked for. */
  readonly maxTokens: number;
}

/** What is known of a question before it is planned. */
export type PlanningFacts = Omit<SnapshotFacts, 'observed' | 'answerTokens'> & {
  readonly maxTokens: number;
  readonly maxCandidates: number;
};

/** What came back of an answer that was handed over. */
export interface HandedOver {
  /** Whole, and from the planned node. */
  readonly isTelling: boolean;
  readonly durationMs: number;
  readonly answerTokens: number;
}

/** Plans answers and learns from them. */
export interface AnswerPlanner {
  plan(facts: PlanningFacts): AnswerPlan | undefined;
  /** An answer of this node's own session, planned or not; `isPlanned` is false where something else was done first. */
  note(plan: AnswerPlan | undefined, result: SessionResult, isPlanned?: boolean): void;
  noteHandOver(plan: AnswerPlan | undefined, handedOver: HandedOver): void;
  /** Of the link to a node, in milliseconds, as the waits of past answers say; undefined where none does. */
  roundTripTo(node: string): number | undefined;
  /** The node failed. */
  rest(node: string): void;
}

const REST_ANSWERS = 8;
const MAX_RESTING = 64;
/** Before answers have shown how long they get. */
const USUAL_TOKENS = 48;
const WEIGHT = 0.2;

/** Knows nothing yet; trials are drawn from `random`. */
export function createAnswerPlanner(random: Random): AnswerPlanner {
  return new LearningPlanner(random);
}

class LearningPlanner implements AnswerPlanner {
  readonly #placement;
  readonly #observed = createObservedCosts();
  readonly #resting = new Map<string, number>();
  #answers = 0;
  #usualTokens = USUAL_TOKENS;

  constructor(random: Random) {
    this.#placement = createPlacement({ random });
  }

  plan(facts: PlanningFacts): AnswerPlan | undefined {
    const judges = facts.judges.filter(({ address }) => !this.#isResting(address.node));
    const answerers = facts.answerers.filter(({ address }) => !this.#isResting(address.node));
    const answerTokens = Math.max(1, Math.min(facts.maxTokens, Math.round(this.#usualTokens)));
    const snapshot = placementSnapshotOf({ ...facts, judges, answerers, observed: this.#observed, answerTokens });
    const decision = snapshot === undefined ? undefined : this.#placement.decide(snapshot);
    if (snapshot === undefined || decision === undefined) return undefined;
    const { maxCandidates, maxTokens } = facts;
    const choice = plannedChoice(decision.plan, facts.choice, { judges, answerers, maxCandidates });
    return choice === undefined ? undefined : { decision, snapshot, choice, maxTokens }; // A1
  }

  note(plan: AnswerPlan | undefined, result: SessionResult, isPlanned = true): void {
    const { outcome, tokens, tiers, endedByItself } = result;
    this.#count(outcome === 'complete' ? tokens.length : undefined, !endedByItself);
    this.#observed.note(tiers, node => (plan === undefined ? 1 : loadIn(plan.snapshot, node)));
    for (const { role, state, node } of tiers) if (role === 'verifier' && state === 'gone') this.rest(node);
    if (plan === undefined) return;
    const { acceptance = [], ...seen } = outcomeOf(result, plan.snapshot);
    const nodes = (seen.nodes ?? []).flatMap(({ node, rttMs }) => (rttMs === undefined ? [] : [{ node, rttMs }])); // A5
    const isAsPlanned = isPlanned && tiers.length === plan.decision.plan.members.length;
    this.#placement.note(plan.decision, {
      ...{ ...seen, nodes },
      ...(isAsPlanned ? { acceptance } : { isTelling: false }),
    });
  }

  noteHandOver(plan: AnswerPlan | undefined, handedOver: HandedOver): void {
    const { isTelling, answerTokens } = handedOver;
    this.#count(isTelling ? answerTokens : undefined, answerTokens >= (plan?.maxTokens ?? Infinity));
    this.#observed.note([]);
    if (plan === undefined || !isTelling || answerTokens === 0) return;
    const seen = answerTokens < TELLING_TOKENS ? undefined : paceOf(plan, handedOver);
    if (seen !== undefined) this.#observed.noteStep(seen.member, { stepMs: seen.stepMs, tokens: answerTokens });
    this.#placement.note(plan.decision, handedOver); // A5
  }

  roundTripTo(node: string): number | undefined {
    return this.#observed.roundTripTo(node);
  }

  /** A2. */
  rest(node: string): void {
    this.#resting.delete(node);
    this.#resting.set(node, this.#answers);
    if (this.#resting.size > MAX_RESTING) this.#resting.delete(this.#resting.keys().next().value ?? ''); // A3
  }

  #isResting(node: string): boolean {
    const since = this.#resting.get(node);
    return since !== undefined && this.#answers - since < REST_ANSWERS;
  }

  /** A4. */
  #count(tokens: number | undefined, wasCut: boolean): void {
    this.#answers += 1;
    if (tokens === undefined || (wasCut && tokens < this.#usualTokens)) return;
    this.#usualTokens += WEIGHT * (tokens - this.#usualTokens);
  }
}

function loadIn({ owner, others }: PlacementSnapshot, name: string): number {
  return [owner, ...others].find(({ node }) => node === name)?.load ?? 1;
}

interface SeenPace {
  readonly member: PlanMember;
  readonly stepMs: number;
}

/** What a token took there, the way there and back aside, if all of its work was as much slower as the whole was. */
function paceOf({ decision, snapshot }: AnswerPlan, { durationMs, answerTokens }: HandedOver): SeenPace | undefined {
  const member = decision.plan.members.at(-1);
  const node = snapshot.others.find(other => other.node === member?.node);
  const cost = node?.exits.find(({ exit, format }) => exit === member?.exit && format === member.format);
  if (member === undefined || node === undefined || cost === undefined) return undefined;
  const asked = { ...snapshot, answerTokens, referenceExit: member.exit, others: [{ ...node, exits: [cost] }] };
  const [estimate] = findPlans({ ...asked, allowed: ['hand-over'] });
  const foretoldMs = (estimate?.expectedMs ?? 0) - node.link.rttMs;
  if (foretoldMs <= 0) return undefined;
  return { member, stepMs: (cost.stepMs * Math.max(0, durationMs - node.link.rttMs)) / foretoldMs };
}
