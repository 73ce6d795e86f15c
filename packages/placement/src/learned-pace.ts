// SPDX-License-Identifier: Apache-2.0
//
// What answers tell of nodes and links, on top of what is measured aside from them: round trips under load, engines that
// others keep busy, and by how much a plan's estimate was off.
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
  noteNode(observation: NodeObservation): void;
  /** An answer by a plan of `label` took `ratio` times its estimate. */
  notePlan(label: string, ratio: number): void;
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
const MOST_CORRECTION = 2.5;
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
  readonly ratio: number;
  readonly notedAt: number;
}

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

  noteNode({ node, rttMs, computeRatio }: NodeObservation): void {
    const past = this.#nodes.get(node);
    const ratio = computeRatio === undefined ? 1 : clamp(computeRatio, 1 / MOST_CORRECTION, MOST_CORRECTION);
    this.#nodes.set(node, {
      rttMs: rttMs === undefined ? past?.rttMs : mixed(past?.rttMs, rttMs),
      computeRatio: computeRatio === undefined ? (past?.computeRatio ?? 1) : mixed(past?.computeRatio, ratio),
      notedAt: this.#now,
      probedMs: this.#probes.get(node),
    });
  }

  notePlan(label: string, ratio: number): void {
    const fresh = clamp(ratio, LEAST_CORRECTION, MOST_CORRECTION);
    this.#plans.set(label, { ratio: mixed(this.#plans.get(label)?.ratio, fresh), notedAt: this.#now });
  }

  correct(snapshot: PlacementSnapshot): PlacementSnapshot {
    const owner = this.#withLoad(snapshot.owner);
    return { ...snapshot, owner, others: snapshot.others.map(node => this.#withLink(this.#withLoad(node))) };
  }

  correctionOf({ label }: Pick<Plan, 'label'>): number {
    const past = this.#plans.get(label);
    return past === undefined ? 1 : 1 + (past.ratio - 1) * this.#weightAt(past.notedAt);
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
    const probedMs = past.probedMs ?? rttMs;
    const hasChanged = Math.max(rttMs, probedMs) > LINK_CHANGE * Math.min(rttMs, probedMs) + 1;
    const weight = hasChanged ? 0 : this.#weightAt(past.notedAt);
    return { ...node, link: { ...node.link, rttMs: rttMs + weight * (past.rttMs - rttMs) } };
  }

  #weightAt(notedAt: number): number {
    return 0.5 ** ((this.#now - notedAt) / HALF_LIFE);
  }
}

function mixed(past: number | undefined, fresh: number): number {
  return past === undefined ? fresh : past + WEIGHT * (fresh - past);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
