// SPDX-License-Identifier: Apache-2.0

/** A map that lets the entry go that was set longest ago when it is full. */
export interface BoundedMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** Holds at most `maxEntries`. */
export function createBoundedMap<Value>(maxEntries: number): BoundedMap<Value> {
  const entries = new Map<string, Value>();
  return {
    get size() {
      return entries.size;
    },
    get: key => entries.get(key),
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value ?? '');
    },
    delete: key => {
      entries.delete(key);
    },
  };
}
