// SPDX-License-Identifier: Apache-2.0
//
// Who is on the mesh, as a pure state machine: verified adverts and ticks in, actions out. It knows no clock and no wire.
//
//            advert            it answered us          3 beats missed           deadAfterMs
//   (none) ---------> seen -------------------> alive ----------------> suspect ------------> dead --forgetAfterMs--> (none)
//                                               ^  |  <----------------    |                    |
//                                               |  +-- advert `draining` --> draining           |
//                                               |  +-- advert `left` -----> left ---------------+
//                                               +------- advert of a later boot ----------------+
//
// M1  Of two adverts of one boot the one with the higher sequence counts; the other changes nothing.
// M2  A name belongs to the key that holds it until that node is dead or has left. Another key is refused, told so, and
//     told by whom.
// M3  A later boot of the same key is a restart: what was open with the earlier one is lost. If the earlier one goes on
//     speaking, the later is a duplicate: it is refused, and the earlier keeps the name.
// M4  A node is `alive` once it spoke to us directly, which it does only after it admitted us. Until then we introduce
//     ourselves again whenever we hear of it. A hello or a direct advert is answered, at most once in `answerEveryMs`.
// M5  Everybody who knows a name can see that it is claimed twice, but only the holder's own words end a claimant: of two
//     that are alive, the later boot yields (to the earlier wall clock, then the smaller boot id).
// M6  The table is bounded: a newcomer takes the place of the longest dead, or is refused and counted.
// M7  An edge passes the adverts of edges and clouds of other sites on to its own site, each once, byte for byte.
// M8  Time for which this process was held up, so that it could hear nobody, is nobody's silence.
// M9  The dead are asked for a sign of life every `deadAfterMs`: one that never took us for dead has no reason to speak up.
// M10 A probe of the boot that we know is a sign of life too: of other sites a device hears only what its edge relays,
//     which is no advert of a client, and nothing at all while the edge is cut off.
import type { Advert, AiflowError } from '@aiflow/protocol';
import type { AdvertRoute, VerifiedAdvert } from './advert-reader.ts';
import type { Member, MemberChange, MemberChangeKind } from './member.ts';
import { isEarlier, type MemberEntry, memberOf, placeOf, stateOf } from './member-entry.ts';
import { deadError, leftError, restartError, takenError } from './membership-errors.ts';
import type { NodePlace } from './subjects.ts';

/** What the surroundings have to do. */
export type MembershipAction =
  | { readonly do: 'admit'; readonly place: NodePlace }
  | { readonly do: 'dismiss'; readonly node: string; readonly reason: AiflowError }
  | { readonly do: 'abandon'; readonly node: string; readonly reason: AiflowError }
  | { readonly do: 'forget'; readonly node: string }
  /** Send our own advert to this node alone; `loud`: say hello as well, for it may not hear us yet. */
  | { readonly do: 'introduce'; readonly place: NodePlace; readonly loud: boolean }
  /** Pass these bytes on to the site. */
  | { readonly do: 'relay'; readonly signedBytes: Uint8Array }
  /** Somebody claims a name that is taken: tell it by the holder's own advert. */
  | { readonly do: 'refuse'; readonly place: NodePlace; readonly holder: Uint8Array; readonly error: AiflowError }
  /** Our own name belongs to somebody else. */
  | { readonly do: 'yield'; readonly error: AiflowError }
  | { readonly do: 'tell'; readonly change: MemberChange };

/** Who this node is, and how patient. */
export interface MembershipOptions {
  readonly self: Pick<Advert, 'node' | 'site' | 'tier' | 'bootId' | 'bootWallMs' | 'publicKey'>;
  readonly suspectAfterMs: number;
  readonly deadAfterMs: number;
  readonly forgetAfterMs: number;
  readonly answerEveryMs: number;
  readonly maxMembers: number;
}

/** Counts of what was not taken in. */
interface MembershipCounters {
  /** Adverts older than one already known. */
  stale: number;
  /** Adverts for a name that somebody else holds. */
  refused: number;
  /** Nodes for which there was no room. */
  overflow: number;
}

/** The members of a fleet as one node sees them. */
export interface Membership {
  observe(verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[];
  /** Call it about once a beat. */
  tick(nowMs: number): readonly MembershipAction[];
  /** The node probed us in this boot of its own (M10). */
  spoke(node: string, bootId: string, nowMs: number): readonly MembershipAction[];
  /** Takes `heldMs`, for which this process was held up until now, off everybody's silence (M8). */
  excuse(heldMs: number, nowMs: number): void;
  members(nowMs: number): readonly Member[];
  readonly counters: Readonly<MembershipCounters>;
}

/** A membership with nobody in it. */
export function createMembership(options: MembershipOptions): Membership {
  return new MembershipTable(options);
}

class MembershipTable implements Membership {
  readonly counters: MembershipCounters = { stale: 0, refused: 0, overflow: 0 };
  readonly #options: MembershipOptions;
  readonly #entries = new Map<string, MemberEntry>();

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  observe(verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert } = verified;
    if (advert.node === this.#options.self.node) return this.#observeOwnName(verified);
    const entry = this.#entries.get(advert.node);
    if (entry === undefined) return this.#enter(verified, nowMs);
    if (advert.publicKey !== entry.advert.publicKey) return this.#observeOtherKey(entry, verified, nowMs);
    if (advert.bootId !== entry.advert.bootId) return this.#observeOtherBoot(entry, verified, nowMs);
    return this.#update(entry, verified, nowMs);
  }

  tick(nowMs: number): readonly MembershipAction[] {
    return [...this.#entries.values()].flatMap(entry => this.#age(entry, nowMs));
  }

  spoke(node: string, bootId: string, nowMs: number): readonly MembershipAction[] {
    const entry = this.#entries.get(node);
    if (entry === undefined || entry.advert.bootId !== bootId) return [];
    if (entry.state === 'dead' || entry.state === 'left') return [];
    entry.heardMs = nowMs;
    if (entry.state !== 'suspect') return [];
    entry.state = stateOf(entry.advert, entry.met);
    return [this.#tell(entry.state, entry, nowMs)];
  }

  excuse(heldMs: number, nowMs: number): void {
    for (const entry of this.#entries.values()) entry.heardMs = Math.min(nowMs, entry.heardMs + heldMs);
  }

  members(nowMs: number): readonly Member[] {
    return [...this.#entries.values()].map(entry => memberOf(entry, nowMs));
  }

  /** M5. Our own words come back to us, and others may pass on what we said; neither is a claim. */
  #observeOwnName({ advert, route }: VerifiedAdvert): readonly MembershipAction[] {
    const { self } = this.#options;
    if (route === 'relayed') return [];
    if (advert.bootId === self.bootId && advert.publicKey === self.publicKey) return [];
    if (advert.state === 'left') return [];
    if (isEarlier(self, advert)) return [{ do: 'introduce', place: placeOf(advert), loud: true }];
    return [{ do: 'yield', error: takenError(advert, self) }];
  }

  #enter(verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert, signedBytes } = verified;
    if (advert.state === 'left') return [];
    const evicted = this.#makeRoom();
    if (evicted === undefined) {
      this.counters.overflow++;
      return [];
    }
    const entry: MemberEntry = {
      ...{ advert, signedBytes, state: 'seen', met: false, heardMs: nowMs, introducedMs: -Infinity },
      ...{ previous: undefined, duplicateBootId: undefined },
    };
    this.#entries.set(advert.node, entry);
    return [
      ...evicted,
      { do: 'admit', place: placeOf(advert) },
      this.#tell('seen', entry, nowMs),
      ...this.#hear(entry, verified, nowMs),
    ];
  }

  /** M1 */
  #update(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert, signedBytes, route } = verified;
    if (advert.sequence < entry.advert.sequence) {
      this.counters.stale++;
      return [];
    }
    const isNews = advert.sequence > entry.advert.sequence;
    // The same words on a second way are no sign of life, but that they came to us directly is news.
    if (!isNews && (route !== 'direct' || entry.met)) return this.#answer(entry, route, nowMs);
    const moved = advert.site !== entry.advert.site;
    const wasGone = entry.state === 'dead' || entry.state === 'left';
    Object.assign(entry, { advert, signedBytes });
    if (wasGone && (advert.state === 'left' || !isNews)) return [];
    if (wasGone) Object.assign(entry, { met: false, state: 'seen', introducedMs: -Infinity });
    const admit: MembershipAction[] = moved || wasGone ? [{ do: 'admit', place: placeOf(advert) }] : [];
    return [...admit, ...this.#hear(entry, verified, nowMs)];
  }

  /** What every accepted advert brings: a new state, an introduction or answer, a relay. */
  #hear(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert, route } = verified;
    const before = entry.state;
    entry.heardMs = nowMs;
    entry.met ||= route === 'direct';
    entry.state = stateOf(advert, entry.met);
    if (entry.state === 'left') {
      return [this.#tell('left', entry, nowMs), dismissal(entry, leftError(advert)), ...this.#relay(verified)];
    }
    return [
      this.#tell(entry.state === before ? 'updated' : entry.state, entry, nowMs),
      ...(entry.met ? [] : this.#introduce(entry, nowMs)),
      ...this.#answer(entry, route, nowMs),
      ...this.#relay(verified),
    ];
  }

  /** M2 */
  #observeOtherKey(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    if (entry.state !== 'dead' && entry.state !== 'left') return this.#refuse(entry, verified);
    return [...this.#remove(entry), ...this.#enter(verified, nowMs)];
  }

  /** M3 */
  #observeOtherBoot(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert } = verified;
    const isGone = entry.state === 'dead' || entry.state === 'left';
    if (isEarlier(advert, entry.advert)) return this.#observeEarlierBoot(entry, verified, nowMs);
    if (advert.bootId === entry.duplicateBootId && !isGone) return this.#refuse(entry, verified);
    if (advert.state === 'left') return [];
    const reason = restartError(advert);
    entry.previous = isGone ? undefined : { advert: entry.advert, signedBytes: entry.signedBytes };
    Object.assign(entry, {
      advert,
      signedBytes: verified.signedBytes,
      met: false,
      state: 'seen',
      introducedMs: -Infinity,
    });
    return [
      { do: 'abandon', node: advert.node, reason },
      { do: 'admit', place: placeOf(advert) },
      this.#tell('restarted', entry, nowMs),
      ...this.#hear(entry, verified, nowMs),
    ];
  }

  /** An earlier boot that says something new, in its own words, lives: the later one is the duplicate. */
  #observeEarlierBoot(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert, signedBytes, route } = verified;
    const { previous } = entry;
    const lives =
      previous?.advert.bootId === advert.bootId && advert.sequence > previous.advert.sequence && route !== 'relayed';
    if (!lives || advert.state === 'left') {
      this.counters.stale++;
      return [];
    }
    const later = { advert: entry.advert, signedBytes: entry.signedBytes, route };
    Object.assign(entry, { advert, signedBytes, met: false, state: 'seen', introducedMs: -Infinity });
    Object.assign(entry, { previous: undefined, duplicateBootId: later.advert.bootId });
    return [
      { do: 'admit', place: placeOf(advert) },
      ...this.#refuse(entry, later),
      ...this.#hear(entry, verified, nowMs),
    ];
  }

  #refuse(entry: MemberEntry, { advert }: VerifiedAdvert): readonly MembershipAction[] {
    this.counters.refused++;
    const error = takenError(entry.advert, advert);
    return [{ do: 'refuse', place: placeOf(advert), holder: entry.signedBytes, error }];
  }

  /** M4 */
  #answer(entry: MemberEntry, route: AdvertRoute, nowMs: number): readonly MembershipAction[] {
    return route === 'hello' || route === 'direct' ? this.#introduce(entry, nowMs) : [];
  }

  #introduce(entry: MemberEntry, nowMs: number): readonly MembershipAction[] {
    if (nowMs - entry.introducedMs < this.#options.answerEveryMs) return [];
    entry.introducedMs = nowMs;
    return [{ do: 'introduce', place: placeOf(entry.advert), loud: !entry.met }];
  }

  /** M7 */
  #relay({ advert, signedBytes, route }: VerifiedAdvert): readonly MembershipAction[] {
    const { self } = this.#options;
    const concerns = advert.tier !== 'device' && advert.site !== self.site;
    return self.tier === 'edge' && concerns && route !== 'relayed' ? [{ do: 'relay', signedBytes }] : [];
  }

  #age(entry: MemberEntry, nowMs: number): readonly MembershipAction[] {
    const { suspectAfterMs, deadAfterMs, forgetAfterMs } = this.#options;
    const silentMs = nowMs - entry.heardMs;
    if (entry.state === 'dead' || entry.state === 'left') {
      if (silentMs < forgetAfterMs) return this.#askForSign(entry, nowMs);
      return [this.#tell('forgotten', entry, nowMs), ...this.#remove(entry)];
    }
    if (silentMs >= deadAfterMs) {
      entry.state = 'dead';
      entry.introducedMs = nowMs;
      return [this.#tell('dead', entry, nowMs), dismissal(entry, deadError(entry.advert, silentMs))];
    }
    if (silentMs < suspectAfterMs || entry.state === 'suspect') return [];
    entry.state = 'suspect';
    return [this.#tell('suspect', entry, nowMs)];
  }

  /** M9 */
  #askForSign(entry: MemberEntry, nowMs: number): readonly MembershipAction[] {
    if (entry.state !== 'dead' || nowMs - entry.introducedMs < this.#options.deadAfterMs) return [];
    entry.introducedMs = nowMs;
    return [{ do: 'introduce', place: placeOf(entry.advert), loud: false }];
  }

  #remove(entry: MemberEntry): readonly MembershipAction[] {
    this.#entries.delete(entry.advert.node);
    return [{ do: 'forget', node: entry.advert.node }];
  }

  /** M6: the actions that made room, or undefined when there is none. */
  #makeRoom(): readonly MembershipAction[] | undefined {
    if (this.#entries.size < this.#options.maxMembers) return [];
    const gone = [...this.#entries.values()]
      .filter(entry => entry.state === 'dead' || entry.state === 'left')
      .sort((one, other) => one.heardMs - other.heardMs)[0];
    return gone === undefined ? undefined : this.#remove(gone);
  }

  #tell(kind: MemberChangeKind, entry: MemberEntry, nowMs: number): MembershipAction {
    return { do: 'tell', change: { kind, member: memberOf(entry, nowMs) } };
  }
}

function dismissal(entry: MemberEntry, reason: AiflowError): MembershipAction {
  return { do: 'dismiss', node: entry.advert.node, reason };
}
