// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';
import type { Tier } from '@aiflow/protocol';
import type { DrafterState } from './session-state.ts';
import { NO_COUNTS, type TierCounts, type TierState } from './tier-state.ts';

/** A node in its part of the session. */
export interface SessionMember {
  readonly tier: Tier;
  readonly node: string;
  readonly exit: number;
  readonly format: ComputeFormat;
}

/** What one tier did. The owner's counts are of drafting: `drafted` tokens in `calls` calls. */
export interface TierStatistics extends SessionMember, TierCounts {
  readonly role: 'drafter' | 'verifier';
  readonly state: 'serving' | 'gone';
  readonly openings: number;
  readonly calls: number;
  readonly drafted: number;
  /** Why it is gone, or what its last fault was. */
  readonly fault: string | undefined;
}

/** Of the owner's own engine. */
export function drafterStatistics(member: SessionMember, drafter: DrafterState): TierStatistics {
  return {
    ...member,
    role: 'drafter',
    state: drafter.phase === 'gone' ? 'gone' : 'serving',
    openings: 1,
    calls: drafter.calls,
    drafted: drafter.drafted,
    fault: drafter.fault,
    ...NO_COUNTS,
    computeMs: drafter.computeMs,
  };
}

/** Of a verifying tier. */
export function verifierStatistics(member: SessionMember, tier: TierState): TierStatistics {
  return {
    ...{ ...member, role: 'verifier', calls: 0, drafted: 0 },
    state: tier.phase === 'gone' ? 'gone' : 'serving',
    openings: tier.opening,
    fault: tier.fault,
    ...tier.counts,
  };
}
