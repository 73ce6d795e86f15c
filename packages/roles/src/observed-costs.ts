// SPDX-License-Identifier: Apache-2.0
//
// What answers showed of nodes, as this node measured it. It stands in where a node reports no costs and no probe has
// measured its link, and it corrects what a node reports (`corrected-costs.ts`).
//
// O1  What was seen is that of a node which does nothing else: the load it stated is taken out when it is noted.
// O2  What was seen is forgotten after `KEPT_ANSWERS` answers without news, so a node that got faster is tried again.
// O3  At most `MAX_EXITS` exits and `MAX_LINKS` links are remembered.
import type { TierStatistics } from '@aiflow/decode';
import type { ExitCost } from '@aiflow/placement';
import { type CostSighting, correctCosts, type ReportedExit, type SeenTime } from './corrected-costs.ts';

/** An exit in one format on one node. */
export interface ExitPlace {
  readonly node: string;
  readonly exit: number;
  readonly format: ExitCost['format'];
}

/** Remembers what answers took, by node and exit. Costs are those of a node that does nothing else. */
export interface ObservedCosts {
  /** Takes in what the tiers of one answer did; `loadOf` is how busy nodes said they were when it began. */
  note(tiers: readonly TierStatistics[], loadOf?: (node: string) => number): void;
  /** Each of `tokens` tokens of an answer that was handed over took so long, as seen from here. */
  noteStep(place: ExitPlace, seen: { readonly stepMs: number; readonly tokens: number }): void;
  /** What the exits of a node cost: as reported and corrected, or as seen; exits that nothing is known of are left out. */
  costsAt(node: string, exits: readonly ReportedExit[]): readonly ExitCost[];
  /** The shortest wait for a verdict that was not computing. */
  roundTripTo(node: string): number | undefined;
}

const KEPT_ANSWERS = 32;
const MAX_EXITS = 128;
const MAX_LINKS = 64;
/** With each answer the past weighs so much less. */
const KEPT = 0.6;
const LINK_WEIGHT = 0.4;

interface Sighting extends CostSighting {
  readonly seenAt: number;
}

/** Has seen nothing yet. */
export function createObservedCosts(): ObservedCosts {
  return new Sightings();
}

class Sightings implements ObservedCosts {
  readonly #exits = new Map<string, Sighting>();
  readonly #links = new Map<string, { readonly rttMs: number; readonly seenAt: number }>();
  #answers = 0;

  note(tiers: readonly TierStatistics[], loadOf: (node: string) => number = () => 1): void {
    this.#answers += 1;
    for (const tier of tiers) {
      const load = Math.max(1, loadOf(tier.node)); // O1
      if (tier.role === 'drafter') this.#noteDrafter(tier, load);
      else this.#noteJudge(tier, load);
    }
  }

  noteStep(place: ExitPlace, { stepMs, tokens }: { readonly stepMs: number; readonly tokens: number }): void {
    if (!isTime(stepMs) || tokens <= 0) return;
    const past = this.#exitAt(place);
    this.#remember(place, { ...past, step: mixed(past?.step, { ms: stepMs, size: 1, tokens }) });
  }

  costsAt(node: string, exits: readonly ReportedExit[]): readonly ExitCost[] {
    return correctCosts(exits.map(one => ({ ...one, sighting: this.#exitAt({ node, ...one }) })));
  }

  roundTripTo(node: string): number | undefined {
    const link = this.#links.get(node);
    return link !== undefined && this.#isFresh(link.seenAt) ? link.rttMs : undefined;
  }

  #noteDrafter(tier: TierStatistics, load: number): void {
    const { computeMs, drafted } = tier;
    if (drafted > 0) this.noteStep(tier, { stepMs: computeMs / drafted / load, tokens: drafted });
  }

  #noteJudge(tier: TierStatistics, load: number): void {
    const { verifyCalls, proposed, computeMs, node, leastWaitMs } = tier;
    if (leastWaitMs !== undefined && isTime(leastWaitMs)) {
      const past = this.roundTripTo(node);
      const rttMs = past === undefined ? leastWaitMs : past + LINK_WEIGHT * (leastWaitMs - past);
      setBounded(this.#links, node, { rttMs, seenAt: this.#answers }, MAX_LINKS);
    }
    const ms = computeMs / verifyCalls / load;
    if (verifyCalls === 0 || !isTime(ms)) return;
    const past = this.#exitAt(tier);
    const size = Math.max(1, proposed / verifyCalls);
    this.#remember(tier, { ...past, block: mixed(past?.block, { ms, size, tokens: proposed + verifyCalls }) });
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

function keyOf({ node, exit, format }: ExitPlace): string {
  return `${node} ${exit} ${format}`;
}

function isTime(ms: number): boolean {
  return Number.isFinite(ms) && ms >= 0;
}

function mixed(past: SeenTime | undefined, fresh: SeenTime): SeenTime {
  if (past === undefined) return fresh;
  const kept = KEPT * past.tokens;
  const tokens = kept + fresh.tokens;
  const mean = (before: number, now: number): number => (kept * before + fresh.tokens * now) / tokens;
  return { ms: mean(past.ms, fresh.ms), size: mean(past.size, fresh.size), tokens };
}

/** O3. */
function setBounded<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value ?? '');
}
