// SPDX-License-Identifier: Apache-2.0
import type { StoreEntry } from './store-entry.ts';

const OVERHEAD_BYTES = 32;
const NO_RECORDS: ReadonlyMap<string, Uint8Array> = new Map();

/** Values by table and key, and what they take. */
export class StoreRecords {
  readonly #tables = new Map<string, Map<string, Uint8Array>>();
  #bytes = 0;
  #count = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  table(table: string): ReadonlyMap<string, Uint8Array> {
    return this.#tables.get(table) ?? NO_RECORDS;
  }

  /** What setting a record would add, less when it replaces one. */
  growth(table: string, key: string, value: Uint8Array): { readonly bytes: number; readonly count: number } {
    const old = this.table(table).get(key);
    const bytes = recordBytes(table, key, value) - (old === undefined ? 0 : recordBytes(table, key, old));
    return { bytes, count: old === undefined ? 1 : 0 };
  }

  set(table: string, key: string, value: Uint8Array): void {
    const { bytes, count } = this.growth(table, key, value);
    const records = this.#tables.get(table) ?? new Map<string, Uint8Array>();
    this.#tables.set(table, records.set(key, value));
    this.#bytes += bytes;
    this.#count += count;
  }

  delete(table: string, key: string): void {
    const records = this.#tables.get(table);
    const old = records?.get(key);
    if (records === undefined || old === undefined) return;
    records.delete(key);
    if (records.size === 0) this.#tables.delete(table);
    this.#bytes -= recordBytes(table, key, old);
    this.#count -= 1;
  }

  *entries(): Iterable<StoreEntry> {
    for (const [table, records] of this.#tables) {
      for (const [key, value] of records) yield { kind: 'set', table, key, value };
    }
  }

  clone(): StoreRecords {
    const copy = new StoreRecords();
    for (const [table, records] of this.#tables) copy.#tables.set(table, new Map(records));
    copy.#bytes = this.#bytes;
    copy.#count = this.#count;
    return copy;
  }
}

function recordBytes(table: string, key: string, value: Uint8Array): number {
  return OVERHEAD_BYTES + table.length + key.length + value.byteLength;
}
