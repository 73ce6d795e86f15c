// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';
import { fingerprintOf } from './identity.ts';
import type { Member, MemberState } from './member.ts';
import type { NodePlace } from './subjects.ts';

/** A row of the membership table; see membership.ts. */
export interface MemberEntry {
  advert: Advert;
  signedBytes: Uint8Array;
  state: MemberState;
  /** It spoke to us directly in this boot (M4). */
  met: boolean;
  heardMs: number;
  introducedMs: number;
  /** The boot before this one, while it may turn out that it still lives (M3). */
  previous: { readonly advert: Advert; readonly signedBytes: Uint8Array } | undefined;
  /** A later boot that turned out to be a duplicate (M3). */
  duplicateBootId: string | undefined;
}

/** What others are shown of an entry. */
export function memberOf({ advert, state, heardMs }: MemberEntry, nowMs: number): Member {
  const { node, site, tier, bootId, publicKey } = advert;
  const ageMs = Math.max(0, nowMs - heardMs);
  return { node, site, tier, state, ageMs, bootId, fingerprint: fingerprintOf(publicKey), advert };
}

/** Where the node of an advert is. */
export function placeOf({ site, node }: Advert): NodePlace {
  return { site, node };
}

/** What an advert makes of a node that spoke to us (`met`) or did not. */
export function stateOf(advert: Advert, met: boolean): MemberState {
  if (advert.state === 'left') return 'left';
  if (!met) return 'seen';
  return advert.state === 'draining' ? 'draining' : 'alive';
}

/** Orders two boots: by the wall clock at boot, then by boot id. */
export function isEarlier(
  one: Pick<Advert, 'bootWallMs' | 'bootId'>,
  other: Pick<Advert, 'bootWallMs' | 'bootId'>,
): boolean {
  if (one.bootWallMs !== other.bootWallMs) return one.bootWallMs < other.bootWallMs;
  return one.bootId < other.bootId;
}
