// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';
import type { VerifiedAdvert } from './advert-reader.ts';
import { fingerprintOf } from './identity.ts';
import type { Member, MemberState } from './member.ts';
import type { NodePlace } from './subjects.ts';

type HeardAdvert = Pick<VerifiedAdvert, 'advert' | 'signedBytes'>;

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
  previous: HeardAdvert | undefined;
  /** A later boot that turned out to be a duplicate (M3). */
  duplicateBootId: string | undefined;
}

/** The row of a node that is heard of for the first time. */
export function createEntry({ advert, signedBytes }: HeardAdvert, nowMs: number): MemberEntry {
  return {
    ...{ advert, signedBytes, state: 'seen', met: false, heardMs: nowMs, introducedMs: -Infinity },
    ...{ previous: undefined, duplicateBootId: undefined },
  };
}

/** From now on the row is of the boot that said this, which has to answer us anew (M4). */
export function beginAnew(entry: MemberEntry, { advert, signedBytes }: HeardAdvert): void {
  Object.assign(entry, { advert, signedBytes, met: false, state: 'seen', introducedMs: -Infinity });
}

/** It is dead or has left. */
export function isGone({ state }: Pick<MemberEntry, 'state'>): boolean {
  return state === 'dead' || state === 'left';
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
