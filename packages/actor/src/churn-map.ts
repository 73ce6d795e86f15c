// SPDX-License-Identifier: Apache-2.0
import { createSlotIndex } from './slot-index.ts';

/** What a Map does, for entries that come and go with each message; see slot-index.ts for why it is not a Map. */
export interface ChurnMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  /** Replaces the value of a key that is held. */
  set(key: string, value: Value): void;
  /** False when the key was not held. */
  delete(key: string): boolean;
  /** A copy, in no particular order. */
  values(): readonly Value[];
}

const INITIAL_CAPACITY = 64;

/** An empty map. It grows as needed and stays as large as it once was. */
export function createChurnMap<Value>(): ChurnMap<Value> {
  return new SlotMap();
}

class SlotMap<Value> implements ChurnMap<Value> {
  size = 0;
  #index = createSlotIndex(INITIAL_CAPACITY);
  readonly #values = new Array<Value | undefined>(INITIAL_CAPACITY).fill(undefined);
  readonly #free = Array.from({ length: INITIAL_CAPACITY }, (_, slot) => slot);

  get(key: string): Value | undefined {
    const slot = this.#index.find(key);
    return slot < 0 ? undefined : this.#values[slot];
  }

  set(key: string, value: Value): void {
    let slot = this.#index.find(key);
    if (slot < 0) {
      slot = this.#takeSlot();
      this.#index.insert(slot, key);
      this.size += 1;
    }
    this.#values[slot] = value;
  }

  delete(key: string): boolean {
    const slot = this.#index.find(key);
    if (slot < 0) return false;
    this.#index.remove(slot);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    this.size -= 1;
    return true;
  }

  values(): readonly Value[] {
    return this.#values.filter(value => value !== undefined);
  }

  #takeSlot(): number {
    if (this.#free.length === 0) this.#grow();
    return this.#free.pop() ?? 0;
  }

  #grow(): void {
    const capacity = this.#values.length;
    const larger = createSlotIndex(capacity * 2);
    for (let slot = 0; slot < capacity; slot++) {
      larger.insert(slot, this.#index.keyAt(slot) ?? '');
      this.#values.push(undefined);
      this.#free.push(capacity + slot);
    }
    this.#index = larger;
  }
}
