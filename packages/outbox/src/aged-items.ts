// SPDX-License-Identifier: Apache-2.0
import { PRIORITIES, type Priority } from './outbox-item.ts';
import type { Place } from './store-entry.ts';
import { itemBytes, type StoredItem, targetOf } from './stored-item.ts';

/** Items by priority, oldest first. */
export class AgedItems {
  readonly #byPriority = new Map<Priority, Map<string, StoredItem>>(
    PRIORITIES.map(priority => [priority, new Map<string, StoredItem>()]),
  );
  readonly #priorities = new Map<string, Priority>();
  /** Ids by supersedes-key. */
  readonly #keys = new Map<string, string>();
  /** How many items go to each target. */
  readonly #targets = new Map<string, number>();
  #bytes = 0;
  #earliestExpiryMs = Infinity;

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#priorities.size;
  }

  /** To how many different nodes and capabilities items go. */
  get targets(): number {
    return this.#targets.size;
  }

  /** No item expires before it; one that ended may have been the reason. */
  get earliestExpiryMs(): number {
    return this.#earliestExpiryMs;
  }

  get(id: string): StoredItem | undefined {
    const priority = this.#priorities.get(id);
    return priority === undefined ? undefined : this.#byPriority.get(priority)?.get(id);
  }

  /** The item that has a supersedes-key. */
  keyed(key: string | undefined): StoredItem | undefined {
    const id = key === undefined ? undefined : this.#keys.get(key);
    return id === undefined ? undefined : this.get(id);
  }

  /** Urgent ones first, then the oldest. */
  *all(): Iterable<StoredItem> {
    for (const items of this.#byPriority.values()) yield* items.values();
  }

  /** Those that were offered, in the order of their numbers. */
  placed(): readonly (StoredItem & { readonly place: Place })[] {
    const placed = [...this.all()].filter((item): item is StoredItem & { readonly place: Place } => 'place' in item);
    return placed.sort((one, other) => one.place.sequence - other.place.sequence);
  }

  /** Those that may give way to an item of `priority`, in the order in which they do. */
  *below(priority: Priority): Iterable<StoredItem> {
    for (const lower of PRIORITIES.slice(PRIORITIES.indexOf(priority) + 1).reverse()) {
      yield* this.#byPriority.get(lower)?.values() ?? [];
    }
  }

  /** Those older than their time to live; knows afterwards when the next one is. */
  expired(nowMs: number): readonly StoredItem[] {
    if (nowMs < this.#earliestExpiryMs) return [];
    const past: StoredItem[] = [];
    this.#earliestExpiryMs = Infinity;
    for (const item of this.all()) {
      const expiryMs = expiryOf(item);
      this.#earliestExpiryMs = Math.min(this.#earliestExpiryMs, expiryMs);
      if (expiryMs <= nowMs) past.push(item);
    }
    return past;
  }

  put(item: StoredItem): void {
    this.remove(item.id);
    this.#byPriority.get(item.priority)?.set(item.id, item);
    this.#priorities.set(item.id, item.priority);
    if (item.supersedesKey !== undefined) this.#keys.set(item.supersedesKey, item.id);
    this.#bytes += itemBytes(item);
    this.#countTarget(item, 1);
    this.#earliestExpiryMs = Math.min(this.#earliestExpiryMs, expiryOf(item));
  }

  remove(id: string): StoredItem | undefined {
    const item = this.get(id);
    if (item === undefined) return undefined;
    this.#byPriority.get(item.priority)?.delete(id);
    this.#priorities.delete(id);
    if (item.supersedesKey !== undefined && this.#keys.get(item.supersedesKey) === id) {
      this.#keys.delete(item.supersedesKey);
    }
    this.#bytes -= itemBytes(item);
    this.#countTarget(item, -1);
    return item;
  }

  /** Gives an item its place, or takes it; false when the item is not there. */
  place(id: string, place: Place | undefined): boolean {
    const item = this.get(id);
    if (item === undefined) return false;
    const { place: _old, ...rest } = item;
    const placed = place === undefined ? rest : { ...rest, place };
    this.#byPriority.get(item.priority)?.set(id, placed);
    this.#countTarget(item, -1);
    this.#countTarget(placed, 1);
    return true;
  }

  /** All items waited for a time that nobody knows. */
  doubtAges(): void {
    for (const items of this.#byPriority.values()) {
      for (const [id, item] of items) items.set(id, { ...item, ageUncertain: true });
    }
  }

  clone(): AgedItems {
    const copy = new AgedItems();
    for (const item of this.all()) copy.put(item);
    copy.#earliestExpiryMs = this.#earliestExpiryMs;
    return copy;
  }

  #countTarget(item: StoredItem, change: number): void {
    const target = targetOf(item);
    const count = (this.#targets.get(target) ?? 0) + change;
    if (count === 0) this.#targets.delete(target);
    else this.#targets.set(target, count);
  }
}

/** In store time: a lower bound when the item's age is one. */
export function expiryOf({ bornMs, timeToLiveMs }: StoredItem): number {
  return bornMs + timeToLiveMs;
}
