// SPDX-License-Identifier: Apache-2.0
//
// Finds strings among numbered slots without allocating: hash heads, and chains of slot numbers.
//
// What lives for one message must leave no garbage in the old generation. A Map or Set under churn does: each time it
// makes room for deleted entries its old table, by then promoted, goes on pointing to what it held and to the table
// after it, and so keeps alive until the next major collection what died long ago. Measured with 16 asks open, that
// promoted a quarter of all that was allocated, and cost two fifths of the time of an ask.
//
// S1  Every occupied slot is in exactly one chain, that of its key's hash; a free one is in none.
// S2  Nothing of a removed key is referenced; only the key that was hashed last, whichever it was.

/** An index of up to `capacity` strings. */
export interface SlotIndex {
  /** The slot that holds `key`, or -1. */
  find(key: string): number;
  /** Puts `key`, which must not be held, into the free slot `slot`. */
  insert(slot: number, key: string): void;
  /** Frees `slot`; nothing happens when it is free. */
  remove(slot: number): void;
  keyAt(slot: number): string | undefined;
}

const NONE = -1;

/** An empty index of slots 0 to `capacity` - 1. */
export function createSlotIndex(capacity: number): SlotIndex {
  const keys = new Array<string | undefined>(capacity).fill(undefined);
  const following = new Int32Array(capacity).fill(NONE);
  const hashes = new Int32Array(capacity);
  const heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, capacity)))).fill(NONE);
  const chainOf = (keyHash: number): number => keyHash & (heads.length - 1);
  return {
    find: key => {
      let slot = heads[chainOf(hash(key))] ?? NONE;
      while (slot !== NONE && keys[slot] !== key) slot = following[slot] ?? NONE;
      return slot;
    },
    insert: (slot, key) => {
      const keyHash = hash(key);
      const chain = chainOf(keyHash);
      keys[slot] = key;
      hashes[slot] = keyHash;
      following[slot] = heads[chain] ?? NONE;
      heads[chain] = slot;
    },
    remove: slot => {
      if (keys[slot] === undefined) return;
      const chain = chainOf(hashes[slot] ?? 0);
      const after = following[slot] ?? NONE;
      let before = heads[chain] ?? NONE;
      if (before === slot) heads[chain] = after;
      else {
        while (following[before] !== slot) before = following[before] ?? NONE; // S1
        following[before] = after;
      }
      following[slot] = NONE;
      keys[slot] = undefined;
    },
    keyAt: slot => keys[slot],
  };
}

let lastKey = '';
let lastHash = fnv1a(lastKey);

/** One message's id is looked up several times in a row, in several indexes: all but the first cost a comparison. */
function hash(key: string): number {
  if (key === lastKey) return lastHash;
  lastKey = key;
  lastHash = fnv1a(key);
  return lastHash;
}

/** FNV-1a over UTF-16 units: ids differ in their last few, which it mixes well. */
function fnv1a(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value ^ (value >>> 15);
}
