// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';
import type { AdvertRoute, VerifiedAdvert } from './advert-reader.ts';
import { type MemberEntry, placeOf, stateOf } from './member-entry.ts';
import { dismissal, type MembershipAction, tell } from './membership-action.ts';
import { leftError } from './membership-errors.ts';

/** What an advert brings that was found to be its holder's; M4 and M7 of membership.ts. */
export interface Hearing {
  /** Takes it into the entry: a new state, an introduction or answer, a relay. */
  hear(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[];
  /** Only answers it, if the way on which it came asks for an answer. */
  answer(entry: MemberEntry, route: AdvertRoute, nowMs: number): readonly MembershipAction[];
}

/** The hearing of one node, which introduces itself to another at most once in `answerEveryMs`. */
export function createHearing(self: Pick<Advert, 'site' | 'tier'>, answerEveryMs: number): Hearing {
  const introduce = (entry: MemberEntry, nowMs: number): readonly MembershipAction[] => {
    if (nowMs - entry.introducedMs < answerEveryMs) return [];
    entry.introducedMs = nowMs;
    return [{ do: 'introduce', place: placeOf(entry.advert), loud: !entry.met }];
  };
  /** M4 */
  const answer = (entry: MemberEntry, route: AdvertRoute, nowMs: number): readonly MembershipAction[] =>
    route === 'hello' || route === 'direct' ? introduce(entry, nowMs) : [];

  return {
    answer,
    hear: (entry, verified, nowMs) => {
      const { advert, route } = verified;
      const before = entry.state;
      entry.heardMs = nowMs;
      entry.met ||= route === 'direct';
      entry.state = stateOf(advert, entry.met);
      if (entry.state === 'left') {
        return [tell('left', entry, nowMs), dismissal(entry, leftError(advert)), ...relay(self, verified)];
      }
      return [
        tell(entry.state === before ? 'updated' : entry.state, entry, nowMs),
        ...(entry.met ? [] : introduce(entry, nowMs)),
        ...answer(entry, route, nowMs),
        ...relay(self, verified),
      ];
    },
  };
}

/** M7 */
function relay(
  self: Pick<Advert, 'site' | 'tier'>,
  { advert, signedBytes, route }: VerifiedAdvert,
): readonly MembershipAction[] {
  const concerns = advert.tier !== 'device' && advert.site !== self.site;
  return self.tier === 'edge' && concerns && route !== 'relayed' ? [{ do: 'relay', signedBytes }] : [];
}
