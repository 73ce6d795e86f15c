// SPDX-License-Identifier: Apache-2.0
import { createSlotIndex } from './slot-index.ts';

/** Remembers the last ids it was shown. */
export interface DuplicateWindow {
  /** True when `id` is new among the remembered ones; it is remembered from now on. */
  admit(id: string): boolean;
  readonly size: number;
}

/** Keeps at most `capacity` ids and forgets the oldest first. */
export function createDuplicateWindow(capacity: number): DuplicateWindow {
  const index = createSlotIndex(capacity);
  let size = 0;
  let oldest = 0;
  return {
    admit: id => {
      if (index.find(id) >= 0) return false;
      index.remove(oldest);
      index.insert(oldest, id);
      oldest = (oldest + 1) % capacity;
      size = Math.min(size + 1, capacity);
      return true;
    },
    get size() {
      return size;
    },
  };
}
