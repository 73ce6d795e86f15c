// SPDX-License-Identifier: Apache-2.0
//
// What answers tell of nodes and links, on top of what is measured aside from them: round trips under load, engines that
// others keep busy, and by how much a plan's estimate was off.
//
// L1  What an answer took beside its tokens says nothing of longer ones, and in a short answer that is most of it: an
//     answer under `WHOLE_TOKENS` weighs in proportion, one under half of them is not counted as one of a row.
// L2  Every correction lies between `LEAST_CORRECTION` or `1 / MOST_CORRECTION` and `MOST_CORRECTION`.
import { createBoundedMap } from './bounded-map.ts';
import type { Plan } from './plan.ts';
import type { PlacementNode, PlacementSnapshot, RemoteNode } from './snapshot.ts';

/** What one answer showed of a node. */
export interface NodeObservation {
  readonly node: string;
  /** The shortest time of an exchange that was not computing: about the round trip. */
  readonly rttMs?: number;
  /** Time its engine took over what its costs foretold; above 1 when others keep it busy. */
  readonly computeRatio?: number;
}

/** What was learned of paces. */
export interface LearnedPace {
  noteNode(observation: NodeObservation, answerTokens: number): void;
  /** An answer of so many tokens by a plan of `label` took `ratio` times its estimate. */
  notePlan(label: string, ratio: number, answerTokens: number): void;
  /** One decision passed: what was learned weighs less. */
  age(): void;
  correct(snapshot: PlacementSnapshot): PlacementSnapshot;
  /** By what to multiply a plan's estimate. */
  correctionOf(plan: Pick<Plan, 'label'>): number;
  /** Decisions since a plan of this label was measured; infinite before it was. */
  ageOf(label: string): number;
}

const WEIGHT = 0.4;
const MAX_NODES = 64;
const MAX_PLANS = 64;
/** After so many decisions without news a correction is worth half. */
const HALF_LIFE = 32;
const LEAST_CORRECTION = 0.5;
const MOST_CORRECTION = 4;
/** A probe that differs from the one before by more than this ends what was learned of the link. */
const LINK_CHANGE = 1.3;

interface NodePace {
  readonly rttMs: number | undefined;
  readonly computeRatio: number;
  readonly notedAt: number;
  /** What probes said when it was noted. */
  readonly probedMs: number | undefined;
}

interface PlanPace {
  /** Weighted sum of what ratios lay above 1, and of weights. */
  readonly excess: number;
  readonly weight: number;
  readonly recent: readonly number[];
  readonly notedAt: number;
}

const WHOLE_TOKENS = 16;
/** One answer's time says little, as rejections fall where they like: an estimate is worth so many answers. */
const ESTIMATE_WEIGHT = 10;
const PLAN_KEPT = 0.9;
/** But so many answers in a row that all took this much longer, or shorter, are no chance. */
const TELLING_ROW = 4;
const PLAINLY_SLOWER = 1.4;
const PLAINLY_FASTER = 0.7;

/** Knows nothing yet. */
export function createLearnedPace(): LearnedPace {
  return new Pace();
}

class Pace implements LearnedPace {
  readonly #nodes = createBoundedMap<NodePace>(MAX_NODES);
  readonly #plans = createBoundedMap<PlanPace>(MAX_PLANS);
  readonly #probes = createBoundedMap<number>(MAX_NODES);
  #now = 0;

  age(): void {
    this.#now += 1;
  }

  noteNode({ node, rttMs, computeRatio }: NodeObservation, answerTokens: number): void {
    const past = this.#nodes.get(node);
    const probedMs = this.#probes.get(node);
    const pastMs = isAnotherLink(past?.probedMs, probedMs) ? undefined : past?.rttMs;
    const ratio = computeRatio === undefined ? 1 : clamp(computeRatio, 1 / MOST_CORRECTION, MOST_CORRECTION);
    this.#nodes.set(node, {
      rttMs: rttMs === undefined ? pastMs : mixed(pastMs, rttMs),
      computeRatio: paceAfter(past?.computeRatio, computeRatio === undefined ? undefined : ratio, answerTokens),
      notedAt: this.#now,
      probedMs,
    });
  }

  notePlan(label: string, ratio: number, answerTokens: number): void {
    const share = shareOf(answerTokens);
    const fresh = clamp(ratio, LEAST_CORRECTION, MOST_CORRECTION);
    const past = this.#plans.get(label);
    this.#plans.set(label, {
      excess: PLAN_KEPT * (past?.excess ?? 0) + share * (fresh - 1),
      weight: PLAN_KEPT * (past?.weight ?? 0) + share,
      recent: [...(past?.recent ?? []), ...(share < 0.5 ? [] : [fresh])].slice(-TELLING_ROW),
      notedAt: this.#now,
    });
  }

  correct(snapshot: PlacementSnapshot): PlacementSnapshot {
    const owner = this.#withLoad(snapshot.owner);
    return { ...snapshot, owner, others: snapshot.others.map(node => this.#withLink(this.#withLoad(node))) };
  }

  correctionOf({ label }: Pick<Plan, 'label'>): number {
    const past = this.#plans.get(label);
    return past === undefined ? 1 : 1 + (ratioOf(past) - 1) * this.#weightAt(past.notedAt);
  }

  ageOf(label: string): number {
    const past = this.#plans.get(label);
    return past === undefined ? Infinity : this.#now - past.notedAt;
  }

  #withLoad<Node extends PlacementNode>(node: Node): Node {
    const past = this.#nodes.get(node.node);
    if (past === undefined) return node;
    const ratio = 1 + (past.computeRatio - 1) * this.#weightAt(past.notedAt);
    return { ...node, load: Math.max(1, (node.load ?? 1) * ratio) };
  }

  #withLink(node: RemoteNode): RemoteNode {
    const { rttMs } = node.link;
    this.#probes.set(node.node, rttMs);
    const past = this.#nodes.get(node.node);
    if (past?.rttMs === undefined) return node;
    const weight = isAnotherLink(past.probedMs, rttMs) ? 0 : this.#weightAt(past.notedAt);
    return { ...node, link: { ...node.link, rttMs: rttMs + weight * (past.rttMs - rttMs) } };
  }

  #weightAt(notedAt: number): number {
    return 0.5 ** ((this.#now - notedAt) / HALF_LIFE);
  }
}

/** Whether probes say something else than before. */
function isAnotherLink(beforeMs: number | undefined, nowMs: number | undefined): boolean {
  if (beforeMs === undefined || nowMs === undefined) return false;
  return Math.max(beforeMs, nowMs) > LINK_CHANGE * Math.min(beforeMs, nowMs) + 1;
}

function ratioOf({ excess, weight, recent }: PlanPace): number {
  const mean = 1 + excess / (weight + ESTIMATE_WEIGHT);
  if (recent.length < TELLING_ROW) return mean;
  const [least, most] = [Math.min(...recent), Math.max(...recent)];
  if (least > PLAINLY_SLOWER) return Math.max(mean, least);
  return most < PLAINLY_FASTER ? Math.min(mean, most) : mean;
}

/** L1: of an answer. */
function shareOf(answerTokens: number): number {
  return Math.min(1, answerTokens / WHOLE_TOKENS);
}

function paceAfter(past: number | undefined, fresh: number | undefined, answerTokens: number): number {
  if (fresh === undefined) return past ?? 1;
  return past === undefined
    ? 1 + shareOf(answerTokens) * (fresh - 1)
    : past + WEIGHT * shareOf(answerTokens) * (fresh - past);
}

function mixed(past: number | undefined, fresh: number): number {
  return past === undefined ? fresh : past + WEIGHT * (fresh - past);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
