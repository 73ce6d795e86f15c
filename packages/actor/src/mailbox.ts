// SPDX-License-Identifier: Apache-2.0
//
// Messages that wait for one actor, first in, first out.
//
// M1  Never holds more than `capacity`.
// M2  Of waiting messages of class `latest` with the same sender and key only the newest is held. It takes the place
//     of the one it replaces, so a stream of newer ones can't keep itself from being served.
// M3  Memory follows what waits, also when letters leave from the middle: at most as many empty places, and 64 more.

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
/** Places that were left are dropped together, so that leaving one costs a step on average. */
const MAX_EMPTY_PLACES = 64;

/** An empty mailbox. Taking is a step; removing from the middle walks over what waits. */
export function createMailbox<T extends Letter>(capacity: number): Mailbox<T> {
  return new Queue(capacity);
}

/** A list read from `#first` on; undefined where a letter left. Not a Set, for slot-index.ts's reason. */
class Queue<T extends Letter> implements Mailbox<T> {
  depth = 0;
  readonly #capacity: number;
  #letters: (T | undefined)[] = [];
  #first = 0;
  readonly #latest = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  offer(letter: T): Offer<T> {
    const { latestKey } = letter;
    const older = latestKey === undefined ? undefined : this.#latest.get(latestKey);
    if (older === undefined && this.depth >= this.#capacity) return REFUSED;
    if (latestKey !== undefined) this.#latest.set(latestKey, letter);
    if (older !== undefined) {
      this.#letters[this.#letters.indexOf(older, this.#first)] = letter; // M2
      return { accepted: true, replaced: older };
    }
    this.#letters.push(letter);
    this.depth += 1;
    return ACCEPTED;
  }

  remove(letter: T): boolean {
    const place = this.#letters.indexOf(letter, this.#first);
    if (place < 0) return false;
    this.#leave(place, letter);
    return true;
  }

  take(): T | undefined {
    while (this.#first < this.#letters.length) {
      const place = this.#first;
      const letter = this.#letters[place];
      this.#first += 1;
      if (letter === undefined) continue;
      this.#leave(place, letter);
      return letter;
    }
    return undefined;
  }

  #leave(place: number, letter: T): void {
    this.#letters[place] = undefined;
    this.depth -= 1;
    if (letter.latestKey !== undefined) this.#latest.delete(letter.latestKey);
    if (this.#letters.length > 2 * this.depth + MAX_EMPTY_PLACES) this.#compact();
  }

  #compact(): void {
    this.#letters = this.#letters.filter(letter => letter !== undefined);
    this.#first = 0;
  }
}
