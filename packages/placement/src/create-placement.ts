// SPDX-License-Identifier: Apache-2.0
//
// The planner with a memory. It corrects estimates by what answers took, keeps to a way until another is clearly and
// lastingly better, and now and then tries a way that could be.
//
// C1  Only ways that give the reference exit's text are compared, so a choice changes time and never the text.
// C2  A way is left at once when another would take a quarter less, and after three decisions in a row when it would
//     take 3 % less; so noise moves nothing, and a link that breaks down is felt within a few answers.
// C3  A trial is of a way that was not measured for long and is expected to be at most a quarter slower, at most once in
//     `1 / trialShare` decisions: trials cost a hundredth of the time all told.
// C4  Memory is bounded: maps hold at most 64 entries.
// C5  Messages, energy and privacy have a price: the owner alone wins unless another way is expected to be clearly faster
//     (`preferred-plan.ts`), and while it wins no trial leaves the node (decision 0011).
import { createSeededRandom, type Random } from '@aiflow/time';
import { createBoundedMap } from './bounded-map.ts';
import { type Choice, explainChoice, type RatedPlan } from './explain.ts';
import { findPlans } from './find-plans.ts';
import { type AcceptanceCounts, createLearnedAcceptance } from './learned-acceptance.ts';
import { createLearnedPace, type NodeObservation } from './learned-pace.ts';
import { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
import type { Plan } from './plan.ts';
import { preferred, priceOf } from './preferred-plan.ts';
import type { PlacementSnapshot } from './snapshot.ts';
import { snapshotKey } from './snapshot-key.ts';

/** How to answer the next question. */
export interface PlacementDecision {
  readonly plan: Plan;
  /** The plan's estimate, corrected by what such answers took. */
  readonly expectedMs: number;
  /** Every way that was weighed, fastest first, the chosen one included, which need not be the fastest. */
  readonly alternatives: readonly RatedPlan[];
  /** What was chosen, why, and the figures; the first names the plan. */
  readonly reasons: readonly string[];
  readonly isTrial: boolean;
}

/** What became of an answer. */
export interface PlacementOutcome {
  /** Whole and undisturbed: no tier failed and no deadline cut it. Others teach nothing about time. */
  readonly isTelling: boolean;
  readonly durationMs: number;
  readonly answerTokens: number;
  readonly acceptance?: readonly AcceptanceCounts[];
  readonly nodes?: readonly NodeObservation[];
}

/** Decides for one owner and learns from its answers. */
export interface Placement {
  /**
   * The fastest way, but for two things: a way is kept until another is clearly and lastingly better, and the owner alone
   * is preferred to ways that leave the node until one is expected to take a twentieth less, or a tenth less where another
   * node says every token.
   * Undefined when nobody within reach can speak for the reference exit.
   */
  decide(snapshot: PlacementSnapshot): PlacementDecision | undefined;
  note(decision: PlacementDecision, outcome: PlacementOutcome): void;
}

/** Settings. */
export interface PlacementOptions {
  /** Draws the trials. Default: a fixed seed. */
  readonly random?: Random;
  /** Share of decisions that may be trials; 0 turns them off. Default 1/24. */
  readonly trialShare?: number;
  readonly sizes?: MessageSizes;
}

const CLEAR_GAIN = 0.97;
const LASTING_DECISIONS = 3;
const FAR_BETTER = 0.75;
const TRIAL_WITHIN = 1.25;
const TRIAL_AGE = 48;
const MAX_HELD = 64;
const MAX_CACHED = 32;

/** What is held to for one kind of question, and how often in a row another looked clearly better. */
interface Held {
  readonly label: string;
  readonly betterFor: number;
}

/** Knows nothing yet: the first decisions go by measured costs and the family's agreement alone. */
export function createPlacement(options: PlacementOptions = {}): Placement {
  return new LearningPlacement(options);
}

class LearningPlacement implements Placement {
  readonly #random: Random;
  readonly #trialShare: number;
  readonly #sizes: MessageSizes;
  readonly #acceptance = createLearnedAcceptance();
  readonly #pace = createLearnedPace();
  readonly #held = createBoundedMap<Held>(MAX_HELD);
  readonly #plans = createBoundedMap<readonly Plan[]>(MAX_CACHED);

  constructor({ random, trialShare, sizes }: PlacementOptions) {
    this.#random = random ?? createSeededRandom('placement');
    this.#trialShare = trialShare ?? 1 / 24;
    this.#sizes = sizes ?? MESSAGE_SIZES;
  }

  decide(measured: PlacementSnapshot): PlacementDecision | undefined {
    this.#pace.age();
    const corrected = this.#pace.correct(measured);
    const snapshot = { ...corrected, acceptance: this.#acceptance.blend(measured.acceptance) };
    const all = this.#rate(snapshot);
    const best = preferred(all);
    if (best === undefined) return undefined;
    const { rated, choice } = this.#choose(snapshot, all, best);
    return {
      plan: rated.plan,
      expectedMs: rated.ms,
      alternatives: all,
      reasons: explainChoice(snapshot, rated, { all, choice }),
      isTrial: choice.why === 'trial',
    };
  }

  note({ plan }: PlacementDecision, outcome: PlacementOutcome): void {
    for (const counts of outcome.acceptance ?? []) this.#acceptance.note(counts);
    if (!outcome.isTelling) return;
    const { answerTokens, durationMs } = outcome;
    for (const node of outcome.nodes ?? []) this.#pace.noteNode(node, answerTokens);
    const expectedMs = estimateFor(plan, answerTokens);
    if (expectedMs > 0) this.#pace.notePlan(plan.label, durationMs / expectedMs, answerTokens);
  }

  #rate(snapshot: PlacementSnapshot): readonly RatedPlan[] {
    const key = snapshotKey(snapshot);
    const plans = this.#plans.get(key) ?? findPlans(snapshot, this.#sizes);
    this.#plans.set(key, plans);
    const rated = plans.map(plan => ({ plan, ms: plan.expectedMs * this.#pace.correctionOf(plan) }));
    return rated.sort((one, other) => one.ms - other.ms);
  }

  #choose(
    snapshot: PlacementSnapshot,
    all: readonly RatedPlan[],
    best: RatedPlan,
  ): { readonly rated: RatedPlan; readonly choice: Choice } {
    const kept = this.#keepOrSwitch(heldKey(snapshot), all, best);
    const [fastest = best] = all;
    const { deadlineMs } = snapshot;
    if (deadlineMs !== undefined && kept.ms > deadlineMs && fastest.ms < kept.ms) {
      return { rated: fastest, choice: { why: 'fastest' } };
    }
    const trial = deadlineMs === undefined || kept.ms < 0.5 * deadlineMs ? this.#trialBeside(kept, all) : undefined;
    if (trial !== undefined) return { rated: trial, choice: { why: 'trial' } };
    if (kept !== best) return { rated: kept, choice: { why: 'kept', better: best } };
    return { rated: kept, choice: kept === fastest ? { why: 'fastest' } : { why: 'stays', fastest } };
  }

  /** C2. */
  #keepOrSwitch(key: string, all: readonly RatedPlan[], best: RatedPlan): RatedPlan {
    const held = this.#held.get(key);
    const present = all.find(({ plan }) => plan.label === held?.label);
    const share = present === undefined ? 0 : priceOf(best) / priceOf(present);
    const betterFor = share < CLEAR_GAIN ? (held?.betterFor ?? 0) + 1 : 0;
    const isDue = present === undefined || betterFor >= LASTING_DECISIONS || share < FAR_BETTER;
    const chosen = isDue ? best : present;
    this.#held.set(key, { label: chosen.plan.label, betterFor: isDue ? 0 : betterFor });
    return chosen;
  }

  /** C3. */
  #trialBeside(kept: RatedPlan, all: readonly RatedPlan[]): RatedPlan | undefined {
    if (kept.plan.kind === 'local') return undefined; // C5
    if (this.#random.next() >= this.#trialShare) return undefined;
    return all.find(
      ({ plan, ms }) =>
        plan.label !== kept.plan.label && ms <= TRIAL_WITHIN * kept.ms && this.#pace.ageOf(plan.label) > TRIAL_AGE,
    );
  }
}

/** Questions that are answered by the same nodes at the same exit share what is held to. */
function heldKey({ referenceExit, owner, others, allowed }: PlacementSnapshot): string {
  const nodes = others.map(({ node }) => node).sort();
  return [referenceExit, owner.node, ...nodes, allowed?.join() ?? ''].join(' ');
}

/** A plan's estimate for an answer of another length: what an answer takes however short it is does not grow. */
function estimateFor({ expectedMs, msPerToken, oneTokenMs }: Plan, tokens: number): number {
  const plannedTokens = msPerToken > 0 ? expectedMs / msPerToken : tokens;
  if (plannedTokens <= 1) return expectedMs * Math.max(1, tokens);
  const growingMs = Math.max(0, expectedMs - oneTokenMs) / (plannedTokens - 1);
  return Math.min(oneTokenMs, expectedMs) + growingMs * Math.max(0, tokens - 1);
}
