// SPDX-License-Identifier: Apache-2.0
import type { CostLedger } from './cost-ledger.ts';
import type { SessionState } from './session-state.ts';
import { drafterStatistics, type SessionMember, type TierStatistics, verifierStatistics } from './tier-statistics.ts';

/** Why a session ended. `stuck`: nobody was left who could go on. */
export type SessionOutcome = 'complete' | 'deadline' | 'stuck';

/** Who had the last word from answer position `from` on. */
export interface ReferenceMember extends SessionMember {
  readonly from: number;
}

/** The end of a session. */
export interface SessionResult {
  readonly outcome: SessionOutcome;
  /** The best answer so far; whole when `outcome` is `complete`. */
  readonly tokens: readonly number[];
  readonly committed: number;
  readonly judged: number;
  /** The answer ended by itself, not at `maxTokens`. */
  readonly endedByItself: boolean;
  /** The wanted exit judged every token in fp32, so the answer is what it would have said alone. */
  readonly exact: boolean;
  /** In plain words: why not exact, and what went wrong on the way. */
  readonly reasons: readonly string[];
  readonly references: readonly ReferenceMember[];
  readonly tiers: readonly TierStatistics[];
  readonly durationMs: number;
  /** What it cost; set by `runSession`. */
  readonly ledger?: CostLedger;
}

/** What the result says beside the state. */
export interface ResultFacts {
  readonly outcome: SessionOutcome;
  readonly wantedExit: number;
  readonly durationMs: number;
  readonly owner: SessionMember;
  /** By index of the machine, the candidate in use. */
  readonly verifiers: readonly SessionMember[];
  readonly judged: number;
}

/** Sums a session up. */
export function resultOf(state: SessionState, facts: ResultFacts): SessionResult {
  const references = referencesOf(state, facts);
  const doubts = [...doubtsAbout(references, facts.wantedExit), ...unfinished(state, facts)];
  return {
    outcome: facts.outcome,
    tokens: state.tokens,
    committed: state.committed,
    judged: facts.judged,
    endedByItself: facts.outcome === 'complete' && state.ended,
    exact: doubts.length === 0,
    reasons: [...doubts, ...faultsOf(state, facts)],
    references,
    tiers: [drafterStatistics(facts.owner, state.drafter), ...verifiersOf(state, facts)],
    durationMs: facts.durationMs,
  };
}

/** Spans that committed nothing are left out, but for the last. */
function referencesOf(state: SessionState, facts: ResultFacts): readonly ReferenceMember[] {
  return state.references
    .filter((span, at, all) => all[at + 1]?.from !== span.from)
    .map(span => ({ ...memberAt(facts, span.index), from: span.from }));
}

function memberAt(facts: ResultFacts, index: number): SessionMember {
  return facts.verifiers[index] ?? facts.owner;
}

function doubtsAbout(references: readonly ReferenceMember[], wantedExit: number): readonly string[] {
  return references.flatMap(({ node, exit, format, from }) => {
    const place = `${node} from token ${from} on`;
    if (exit !== wantedExit) return [`not exact: exit ${exit} of ${place} had the last word, not exit ${wantedExit}`];
    return format === 'fp32' ? [] : [`near-exact: exit ${exit} of ${place} computes in ${format}, not in fp32`];
  });
}

function unfinished(state: SessionState, facts: ResultFacts): readonly string[] {
  const counts = `${state.committed} of ${state.tokens.length} tokens committed`;
  if (facts.outcome === 'deadline')
    return [`the deadline came after ${Math.round(facts.durationMs)} ms with ${counts}`];
  return facts.outcome === 'stuck' ? [`nobody was left to go on, with ${counts}`] : [];
}

function faultsOf(state: SessionState, facts: ResultFacts): readonly string[] {
  const lost = state.tiers.flatMap(({ tier, phase, fault, opening }, index) => {
    if (fault === undefined) return [];
    const { node } = memberAt(facts, index);
    return [
      phase === 'gone'
        ? `the ${tier} tier was given up: ${fault}`
        : `opened ${opening} times at last on ${node}: ${fault}`,
    ];
  });
  const { drafter } = state;
  return drafter.fault === undefined ? lost : [...lost, `the owner's engine failed: ${drafter.fault}`];
}

/** Those that stood by and were not called took no part. */
function verifiersOf(state: SessionState, facts: ResultFacts): readonly TierStatistics[] {
  return state.tiers.flatMap((tier, index) =>
    tier.opening === 0 ? [] : [verifierStatistics(memberAt(facts, index), tier)],
  );
}
