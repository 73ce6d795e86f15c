// SPDX-License-Identifier: Apache-2.0
//
// Messages that wait for one actor, first in, first out.
//
// M1  Never holds more than `capacity`.
// M2  Of waiting messages of class `latest` with the same sender and key only the newest is held. It takes the place
//     of the one it replaces, so a stream of newer ones can't keep itself from being served.

/** What a mailbox needs to know of a message. */
export interface Letter {
  /** Sender and key of a message of class `latest`; undefined for all others. */
  readonly latestKey: string | undefined;
}

/** What became of a letter that was offered; the one it replaced is handed back to be answered. */
export type Offer<T> = { readonly accepted: boolean; readonly replaced?: T };

/** A bounded queue from which any letter can be taken out. */
export interface Mailbox<T extends Letter> {
  readonly depth: number;
  offer(letter: T): Offer<T>;
  /** The oldest, taken out; undefined when empty. */
  take(): T | undefined;
  /** Takes out one that waits; false when it is not here. */
  remove(letter: T): boolean;
}

const ACCEPTED = { accepted: true };
const REFUSED = { accepted: false };

interface Place<T> {
  letter: T;
}

/** An empty mailbox. */
export function createMailbox<T extends Letter>(capacity: number): Mailbox<T> {
  const places = new Map<T, Place<T>>();
  const queue = new Set<Place<T>>();
  const latest = new Map<string, Place<T>>();

  const leave = (place: Place<T>): T => {
    const { letter } = place;
    queue.delete(place);
    places.delete(letter);
    if (letter.latestKey !== undefined) latest.delete(letter.latestKey);
    return letter;
  };
  const replace = (place: Place<T>, letter: T): Offer<T> => {
    const replaced = place.letter;
    places.delete(replaced);
    places.set(letter, place);
    place.letter = letter;
    return { accepted: true, replaced };
  };
  const offer = (letter: T): Offer<T> => {
    const older = letter.latestKey === undefined ? undefined : latest.get(letter.latestKey);
    if (older !== undefined) return replace(older, letter);
    if (queue.size >= capacity) return REFUSED;
    const place = { letter };
    queue.add(place);
    places.set(letter, place);
    if (letter.latestKey !== undefined) latest.set(letter.latestKey, place);
    return ACCEPTED;
  };
  return {
    offer,
    remove: letter => {
      const place = places.get(letter);
      if (place !== undefined) leave(place);
      return place !== undefined;
    },
    take: () => {
      for (const place of queue) return leave(place);
      return undefined;
    },
    get depth() {
      return queue.size;
    },
  };
}
