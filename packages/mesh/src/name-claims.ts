// SPDX-License-Identifier: Apache-2.0
//
// Whose name it is: every advert claims one, and these are the rules by which a claim is judged (M1, M2, M3 and M5 of
// membership.ts), as pure functions. What follows from a verdict is the membership's matter.
import type { Advert } from '@aiflow/protocol';
import type { VerifiedAdvert } from './advert-reader.ts';
import { isGone, type MemberEntry } from './member-entry.ts';

/**
 * What an advert for a known name is. `update`: the holder's own; `stale`: older than what is known; `succeed`: of
 * another key, the holder being gone; `restart`: of a later boot; `survive`: of the earlier boot, which lives, so the later one
 * is a duplicate; `refuse`: of one that may not have the name; `ignore`: of a boot that ended before it was known.
 */
export type ClaimVerdict = 'update' | 'stale' | 'succeed' | 'restart' | 'survive' | 'refuse' | 'ignore';

/** What the holder of a name is judged by. */
export type NameHolder = Pick<MemberEntry, 'advert' | 'state' | 'previous' | 'duplicateBootId'>;

/** Judges an advert for the name that `holder` has. */
export function judgeClaim(holder: NameHolder, claim: Omit<VerifiedAdvert, 'signedBytes'>): ClaimVerdict {
  const { advert } = claim;
  const held = holder.advert;
  if (advert.publicKey !== held.publicKey) return isGone(holder) ? 'succeed' : 'refuse'; // M2
  if (advert.bootId === held.bootId) return advert.sequence < held.sequence ? 'stale' : 'update'; // M1
  if (isEarlier(advert, held)) return livesOn(holder, claim) ? 'survive' : 'stale';
  if (advert.bootId === holder.duplicateBootId && !isGone(holder)) return 'refuse';
  return advert.state === 'left' ? 'ignore' : 'restart'; // M3
}

/** M3: the boot before this one lives if it says something new, in its own words. */
function livesOn({ previous }: NameHolder, { advert, route }: Omit<VerifiedAdvert, 'signedBytes'>): boolean {
  if (previous?.advert.bootId !== advert.bootId || advert.sequence <= previous.advert.sequence) return false;
  return route !== 'relayed' && advert.state !== 'left';
}

/** Who claims a name at which moment. */
type Boot = Pick<Advert, 'bootWallMs' | 'bootId'>;

/**
 * M5: judges an advert under our own name. Our own words come back to us, and others may pass on what we said; neither is
 * a claim. A later boot is to be answered with our advert, to an earlier one we yield.
 */
export function judgeOwnName(
  self: Boot & Pick<Advert, 'publicKey'>,
  { advert, route }: Omit<VerifiedAdvert, 'signedBytes'>,
): 'ignore' | 'answer' | 'yield' {
  const isOurs = advert.bootId === self.bootId && advert.publicKey === self.publicKey;
  if (route === 'relayed' || isOurs || advert.state === 'left') return 'ignore';
  return isEarlier(self, advert) ? 'answer' : 'yield';
}

/** Orders two boots: by the wall clock at boot, then by boot id. */
export function isEarlier(one: Boot, other: Boot): boolean {
  if (one.bootWallMs !== other.bootWallMs) return one.bootWallMs < other.bootWallMs;
  return one.bootId < other.bootId;
}
