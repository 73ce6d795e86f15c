// SPDX-License-Identifier: Apache-2.0
import type { Advert, MemberTier } from '@aiflow/protocol';

/**
 * How a node is, as seen from here: `seen` (heard of, but it has not answered us yet), `alive`, `draining`, `suspect`
 * (silent for three beats), `dead`, `left`.
 */
export type MemberState = 'seen' | 'alive' | 'draining' | 'suspect' | 'dead' | 'left';

/** Another node as this one knows it. */
export interface Member {
  readonly node: string;
  readonly site: string;
  readonly tier: MemberTier;
  readonly state: MemberState;
  /** Milliseconds since it was last heard. */
  readonly ageMs: number;
  readonly bootId: string;
  /** Its key's fingerprint. */
  readonly fingerprint: string;
  /** What it last said of itself. */
  readonly advert: Advert;
}

/** What happened to a member. `updated`: it said something new of itself; `restarted`: the same key, another boot. */
export type MemberChangeKind = MemberState | 'updated' | 'restarted' | 'forgotten';

/** One change of the membership. */
export interface MemberChange {
  readonly kind: MemberChangeKind;
  readonly member: Member;
}
