// SPDX-License-Identifier: Apache-2.0
import type { Member } from '../member.ts';
import { createEntry, type MemberEntry, memberOf, stateOf } from '../member-entry.ts';
import { readHostAdvert } from './advert-envelope.ts';
import type { DoorHost } from './door-wire.ts';

/** The node behind a door as its client knows it. */
export interface DoorHostView {
  /** Who it is; undefined before the client was let in. */
  host: DoorHost | undefined;
  /** Takes what it says of itself. Throws for words that are not its own. */
  hear(payload: Uint8Array, nowMs: number): void;
  /** What it last said; `suspect` while the client is not in. */
  member(isIn: boolean, nowMs: number): Member | undefined;
}

/** A view of nobody yet. */
export function createDoorHostView(): DoorHostView {
  let heard: MemberEntry | undefined;
  const view: DoorHostView = {
    host: undefined,
    hear: (payload, nowMs) => {
      if (view.host === undefined) return;
      const words = readHostAdvert(payload, view.host);
      heard = createEntry(words, nowMs);
      heard.state = stateOf(words.advert, true);
    },
    member: (isIn, nowMs) => {
      if (heard === undefined) return undefined;
      const member = memberOf(heard, nowMs);
      return isIn ? member : { ...member, state: 'suspect' };
    },
  };
  return view;
}
