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
//     speaking, the later is a duplicate: it is refused, and the earlier keeps the name. So it is with one that was taken
//     for dead while it was cut off, also when the later one has ended meanwhile.
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
//
// Who may have a name is judged by name-claims.ts and what silence makes of a member by silence.ts, the rows are
// member-table.ts, and what an accepted advert brings is hearing.ts.
import type { Advert } from '@aiflow/protocol';
import type { VerifiedAdvert } from './advert-reader.ts';
import { createHearing, type Hearing } from './hearing.ts';
import type { Member } from './member.ts';
import { beginAnew, createEntry, isGone, type MemberEntry, memberOf, placeOf, stateOf } from './member-entry.ts';
import { createMemberTable, type MemberTable } from './member-table.ts';
import { dismissal, type MembershipAction, tell } from './membership-action.ts';
import { deadError, restartError, takenError } from './membership-errors.ts';
import { judgeClaim, judgeOwnName } from './name-claims.ts';
import { judgeSilence, type Patience } from './silence.ts';

/** Who this node is, and how patient. */
export interface MembershipOptions extends Patience {
  readonly self: Pick<Advert, 'node' | 'site' | 'tier' | 'bootId' | 'bootWallMs' | 'publicKey'>;
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
  return new MemberObserver(options);
}

class MemberObserver implements Membership {
  readonly counters: MembershipCounters = { stale: 0, refused: 0, overflow: 0 };
  readonly #options: MembershipOptions;
  readonly #table: MemberTable;
  readonly #hearing: Hearing;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#table = createMemberTable(options.maxMembers);
    this.#hearing = createHearing(options.self, options.answerEveryMs);
  }

  observe(verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { node } = verified.advert;
    if (node === this.#options.self.node) return this.#observeOwnName(verified);
    const entry = this.#table.get(node);
    return entry === undefined ? this.#enter(verified, nowMs) : this.#observeKnown(entry, verified, nowMs);
  }

  tick(nowMs: number): readonly MembershipAction[] {
    return this.#table.entries().flatMap(entry => this.#age(entry, nowMs));
  }

  /** M10 */
  spoke(node: string, bootId: string, nowMs: number): readonly MembershipAction[] {
    const entry = this.#table.get(node);
    if (entry === undefined || entry.advert.bootId !== bootId || isGone(entry)) return [];
    entry.heardMs = nowMs;
    if (entry.state !== 'suspect') return [];
    entry.state = stateOf(entry.advert, entry.met);
    return [tell(entry.state, entry, nowMs)];
  }

  /** M8 */
  excuse(heldMs: number, nowMs: number): void {
    for (const entry of this.#table.entries()) entry.heardMs = Math.min(nowMs, entry.heardMs + heldMs);
  }

  members(nowMs: number): readonly Member[] {
    return this.#table.entries().map(entry => memberOf(entry, nowMs));
  }

  /** M5 */
  #observeOwnName(verified: VerifiedAdvert): readonly MembershipAction[] {
    const { self } = this.#options;
    const { advert } = verified;
    switch (judgeOwnName(self, verified)) {
      case 'ignore':
        return [];
      case 'answer':
        return [{ do: 'introduce', place: placeOf(advert), loud: true }];
      case 'yield':
        return [{ do: 'yield', error: takenError(advert, self) }];
    }
  }

  #observeKnown(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    switch (judgeClaim(entry, verified)) {
      case 'update':
        return this.#update(entry, verified, nowMs);
      case 'succeed':
        return [...this.#remove(entry), ...this.#enter(verified, nowMs)];
      case 'restart':
        return this.#restart(entry, verified, nowMs);
      case 'survive':
        return this.#survive(entry, verified, nowMs);
      case 'refuse':
        return this.#refuse(entry, verified.advert);
      case 'stale':
        this.counters.stale++;
        return [];
      case 'ignore':
        return [];
    }
  }

  #enter(verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert } = verified;
    if (advert.state === 'left') return [];
    const entry = createEntry(verified, nowMs);
    const { entered, evicted } = this.#table.enter(entry);
    if (!entered) {
      this.counters.overflow++;
      return [];
    }
    const forget: MembershipAction[] = evicted === undefined ? [] : [{ do: 'forget', node: evicted }];
    return [
      ...forget,
      { do: 'admit', place: placeOf(advert) },
      tell('seen', entry, nowMs),
      ...this.#hearing.hear(entry, verified, nowMs),
    ];
  }

  #update(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert, signedBytes, route } = verified;
    const isNews = advert.sequence > entry.advert.sequence;
    // The same words on a second way are no sign of life, but that they came to us directly is news.
    if (!isNews && (route !== 'direct' || entry.met)) return this.#hearing.answer(entry, route, nowMs);
    const moved = advert.site !== entry.advert.site;
    const wasGone = isGone(entry);
    Object.assign(entry, { advert, signedBytes });
    if (wasGone && (advert.state === 'left' || !isNews)) return [];
    if (wasGone) beginAnew(entry, verified);
    const admit: MembershipAction[] = moved || wasGone ? [{ do: 'admit', place: placeOf(advert) }] : [];
    return [...admit, ...this.#hearing.hear(entry, verified, nowMs)];
  }

  /** M3 */
  #restart(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const { advert } = verified;
    const hasLeft = entry.state === 'left'; // the dead may have been cut off
    entry.previous = hasLeft ? undefined : { advert: entry.advert, signedBytes: entry.signedBytes };
    beginAnew(entry, verified);
    return [
      { do: 'abandon', node: advert.node, reason: restartError(advert) },
      { do: 'admit', place: placeOf(advert) },
      tell('restarted', entry, nowMs),
      ...this.#hearing.hear(entry, verified, nowMs),
    ];
  }

  /** M3: the earlier boot has its row back, and the later one is told. */
  #survive(entry: MemberEntry, verified: VerifiedAdvert, nowMs: number): readonly MembershipAction[] {
    const later = entry.advert;
    const laterIsGone = isGone(entry);
    beginAnew(entry, verified);
    Object.assign(entry, { previous: undefined, duplicateBootId: later.bootId });
    return [
      { do: 'admit', place: placeOf(verified.advert) },
      ...(laterIsGone ? [] : this.#refuse(entry, later)),
      ...this.#hearing.hear(entry, verified, nowMs),
    ];
  }

  /** M2, M3 */
  #refuse(entry: MemberEntry, claimant: Advert): readonly MembershipAction[] {
    this.counters.refused++;
    const error = takenError(entry.advert, claimant);
    return [{ do: 'refuse', place: placeOf(claimant), holder: entry.signedBytes, error }];
  }

  #age(entry: MemberEntry, nowMs: number): readonly MembershipAction[] {
    switch (judgeSilence(entry, this.#options, nowMs)) {
      case 'none':
        return [];
      case 'suspect':
        entry.state = 'suspect';
        return [tell('suspect', entry, nowMs)];
      case 'dead':
        entry.state = 'dead';
        entry.introducedMs = nowMs;
        return [tell('dead', entry, nowMs), dismissal(entry, deadError(entry.advert, nowMs - entry.heardMs))];
      case 'ask': // M9
        entry.introducedMs = nowMs;
        return [{ do: 'introduce', place: placeOf(entry.advert), loud: false }];
      case 'forget':
        return [tell('forgotten', entry, nowMs), ...this.#remove(entry)];
    }
  }

  #remove(entry: MemberEntry): readonly MembershipAction[] {
    this.#table.remove(entry.advert.node);
    return [{ do: 'forget', node: entry.advert.node }];
  }
}
