// SPDX-License-Identifier: Apache-2.0
//
// What answers showed of nodes, as this node measured it. It stands in where a node reports no costs and no probe has
// measured its link, and it overrules a report that is plainly off, whatever that node claims.
//
// O1  A report within `BELIEVED_WITHIN` of what was seen stands as it is: the planner's own memory corrects it.
// O2  What was seen is forgotten after `KEPT_ANSWERS` answers without news, so a node that got faster is tried again.
// O3  At most `MAX_EXITS` exits and `MAX_LINKS` links are remembered.
import type { TierStatistics } from '@aiflow/decode';
import { costCurve, type ExitCost } from '@aiflow/placement';

/** An exit in one format on one node. */
export interface ExitPlace {
  readonly node: string;
  readonly exit: number;
  readonly format: ExitCost['format'];
}

/** Remembers what answers took, by node and exit. */
export interface ObservedCosts {
  /** Takes in what the tiers of one answer did. */
  note(tiers: readonly TierStatistics[]): void;
  /** One token of an answer that was handed over took so long, as seen from here. */
  noteStep(place: ExitPlace, stepMs: number): void;
  /**
   * What the exit costs there while nothing else does: as reported if that is believable, as seen otherwise; undefined
   * when nothing is known. `load` is how busy the node says it is.
   */
  costOf(place: ExitPlace, reported: ExitCost | undefined, load: number): ExitCost | undefined;
  /** The shortest wait for a verdict that was not computing. */
  roundTripTo(node: string): number | undefined;
}

interface Sighting {
  readonly stepMs?: number;
  /** A block of `tokens` on average. */
  readonly block?: { readonly tokens: number; readonly ms: number };
  readonly seenAt: number;
}

const BELIEVED_WITHIN = 4;
const KEPT_ANSWERS = 32;
const MAX_EXITS = 128;
const MAX_LINKS = 64;
const WEIGHT = 0.4;
const LEAST_MS = 0.01;

/** Has seen nothing yet. */
export function createObservedCosts(): ObservedCosts {
  return new Sightings();
}

class Sightings implements ObservedCosts {
  readonly #exits = new Map<string, Sighting>();
  readonly #links = new Map<string, { readonly rttMs: number; readonly seenAt: number }>();
  #answers = 0;

  note(tiers: readonly TierStatistics[]): void {
    this.#answers += 1;
    for (const tier of tiers) {
      if (tier.role === 'drafter') this.#noteDrafter(tier);
      else this.#noteJudge(tier);
    }
  }

  noteStep(place: ExitPlace, stepMs: number): void {
    if (!isTime(stepMs)) return;
    const past = this.#exitAt(place);
    this.#remember(place, { ...past, stepMs: mixed(past?.stepMs, stepMs) });
  }

  costOf(place: ExitPlace, reported: ExitCost | undefined, load: number): ExitCost | undefined {
    const seen = this.#exitAt(place);
    if (reported === undefined) return seen === undefined ? undefined : slowed(costSeen(place, seen), 1 / load);
    const ratio = seen === undefined ? 1 : ratioTo(reported, seen) / load;
    return ratio > BELIEVED_WITHIN || ratio < 1 / BELIEVED_WITHIN ? slowed(reported, ratio) : reported; // O1
  }

  roundTripTo(node: string): number | undefined {
    const link = this.#links.get(node);
    return link !== undefined && this.#isFresh(link.seenAt) ? link.rttMs : undefined;
  }

  #noteDrafter(tier: TierStatistics): void {
    if (tier.drafted > 0) this.noteStep(tier, tier.computeMs / tier.drafted);
  }

  #noteJudge(tier: TierStatistics): void {
    const { verifyCalls, proposed, computeMs, node, leastWaitMs } = tier;
    if (leastWaitMs !== undefined && isTime(leastWaitMs)) {
      const rttMs = mixed(this.roundTripTo(node), leastWaitMs);
      setBounded(this.#links, node, { rttMs, seenAt: this.#answers }, MAX_LINKS);
    }
    const ms = computeMs / verifyCalls;
    if (verifyCalls === 0 || !isTime(ms)) return;
    const past = this.#exitAt(tier);
    const tokens = Math.max(1, proposed / verifyCalls);
    const block = { tokens: mixed(past?.block?.tokens, tokens), ms: mixed(past?.block?.ms, ms) };
    this.#remember(tier, { ...past, block });
  }

  #exitAt(place: ExitPlace): Sighting | undefined {
    const seen = this.#exits.get(keyOf(place));
    return seen !== undefined && this.#isFresh(seen.seenAt) ? seen : undefined;
  }

  #remember(place: ExitPlace, sighting: Omit<Sighting, 'seenAt'>): void {
    setBounded(this.#exits, keyOf(place), { ...sighting, seenAt: this.#answers }, MAX_EXITS);
  }

  /** O2. */
  #isFresh(seenAt: number): boolean {
    return this.#answers - seenAt < KEPT_ANSWERS;
  }
}

/** A judge's block tells little of its single step, which then counts as much: an upper limit. */
function costSeen({ exit, format }: ExitPlace, { stepMs, block }: Sighting): ExitCost {
  const step = { exit, format, stepMs: Math.max(LEAST_MS, stepMs ?? block?.ms ?? LEAST_MS) };
  return block === undefined ? step : { ...step, verify: [{ tokens: block.tokens, ms: Math.max(LEAST_MS, block.ms) }] };
}

/** How many times slower it was than it says. */
function ratioTo({ stepMs, verify = [] }: ExitCost, seen: Sighting): number {
  if (seen.stepMs !== undefined) return seen.stepMs / stepMs;
  if (seen.block === undefined) return 1;
  const points = verify.length > 0 ? verify : [{ tokens: 1, ms: stepMs }];
  return Math.max(LEAST_MS, seen.block.ms) / Math.max(LEAST_MS, costCurve(points)(seen.block.tokens));
}

function slowed(cost: ExitCost, ratio: number): ExitCost {
  const { verify, prefillTokenMs } = cost;
  return {
    ...cost,
    stepMs: cost.stepMs * ratio,
    ...(verify === undefined ? {} : { verify: verify.map(({ tokens, ms }) => ({ tokens, ms: ms * ratio })) }),
    ...(prefillTokenMs === undefined ? {} : { prefillTokenMs: prefillTokenMs * ratio }),
  };
}

function keyOf({ node, exit, format }: ExitPlace): string {
  return `${node} ${exit} ${format}`;
}

function isTime(ms: number): boolean {
  return Number.isFinite(ms) && ms >= 0;
}

function mixed(past: number | undefined, fresh: number): number {
  return past === undefined ? fresh : past + WEIGHT * (fresh - past);
}

/** O3. */
function setBounded<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value ?? '');
}
