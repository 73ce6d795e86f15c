// SPDX-License-Identifier: Apache-2.0
//
// What an answer cost, in one place: time and tokens by tier, bytes by link, joules where watts are stated.
import type { Tier } from '@aiflow/protocol';
import type { TierStatistics } from './tier-statistics.ts';
import type { VerifierTraffic } from './verifier.ts';

/** What one tier spent. */
export interface TierCost {
  readonly tier: Tier;
  readonly node: string;
  readonly exit: number;
  readonly role: 'drafter' | 'verifier';
  readonly computeMs: number;
  /** Tokens it drafted; or judged, with one of its own a call. Those not needed in the end count too. */
  readonly tokens: number;
  /** Computing time times the stated watts; absent where none are stated. */
  readonly joules?: number;
}

/** What went over one link, as the owner saw it. */
export interface LinkCost extends VerifierTraffic {
  readonly node: string;
  readonly tier: Tier;
  /** About the round trip: the shortest wait for a verdict that was not computing. */
  readonly rttMs?: number;
}

/** The cost of one answer. Work of verifiers that were replaced or that nobody waited for in the end is not in it. */
export interface CostLedger {
  readonly durationMs: number;
  readonly answerTokens: number;
  readonly msPerToken: number;
  readonly drafted: number;
  /** Drafted tokens that the tier which saw them first let stand. */
  readonly accepted: number;
  readonly tiers: readonly TierCost[];
  readonly links: readonly LinkCost[];
  /** Of all tiers that state their watts; absent when none does. */
  readonly joules?: number;
}

/** What the ledger needs beside the result, by node. Several verifiers on one node are one link. */
export interface LedgerFacts {
  readonly watts?: ReadonlyMap<string, number>;
  readonly traffic?: ReadonlyMap<string, VerifierTraffic>;
}

/** What of a result is added up. */
export interface LedgerSubject {
  readonly durationMs: number;
  readonly tiers: readonly TierStatistics[];
  readonly tokens: { readonly length: number };
}

/** Adds an answer up. */
export function costLedgerOf(result: LedgerSubject, facts: LedgerFacts = {}): CostLedger {
  const tiers = result.tiers.map(tier => tierCost(tier, facts));
  const stated = tiers.flatMap(({ joules }) => (joules === undefined ? [] : [joules]));
  const first = result.tiers.find(({ role }) => role === 'verifier');
  const answerTokens = result.tokens.length;
  return {
    durationMs: result.durationMs,
    answerTokens,
    msPerToken: result.durationMs / Math.max(1, answerTokens),
    drafted: result.tiers[0]?.drafted ?? 0,
    accepted: first?.accepted ?? result.tiers[0]?.drafted ?? 0,
    tiers,
    links: result.tiers.flatMap(tier => linkCost(tier, facts)),
    ...(stated.length === 0 ? {} : { joules: stated.reduce((sum, joules) => sum + joules, 0) }),
  };
}

function tierCost(statistics: TierStatistics, { watts }: LedgerFacts): TierCost {
  const { tier, node, exit, role, computeMs, drafted, proposed, verifyCalls } = statistics;
  const stated = watts?.get(node);
  return {
    ...{ tier, node, exit, role, computeMs },
    tokens: role === 'drafter' ? drafted : proposed + verifyCalls,
    ...(stated === undefined ? {} : { joules: (stated * computeMs) / 1000 }),
  };
}

function linkCost({ node, tier, role, leastWaitMs }: TierStatistics, { traffic }: LedgerFacts): readonly LinkCost[] {
  const carried = traffic?.get(node);
  if (role === 'drafter' || carried === undefined) return [];
  return [{ node, tier, ...carried, ...(leastWaitMs === undefined ? {} : { rttMs: leastWaitMs }) }];
}
