// SPDX-License-Identifier: Apache-2.0

/** Remembers the last ids it was shown. */
export interface DuplicateWindow {
  /** True when `id` is new among the remembered ones; it is remembered from now on. */
  admit(id: string): boolean;
  readonly size: number;
}

/** Keeps at most `capacity` ids and forgets the oldest first. */
export function createDuplicateWindow(capacity: number): DuplicateWindow {
  const ids = new Set<string>();
  return {
    admit: id => {
      if (ids.has(id)) return false;
      ids.add(id);
      if (ids.size > capacity) forgetOldest(ids);
      return true;
    },
    get size() {
      return ids.size;
    },
  };
}

function forgetOldest(ids: Set<string>): void {
  for (const oldest of ids) {
    ids.delete(oldest);
    return;
  }
}
