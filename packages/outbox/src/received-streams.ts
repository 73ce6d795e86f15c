// SPDX-License-Identifier: Apache-2.0
//
// What came, by source and priority.
//
// V1  A number is below the floor, or marked, or new; what is new once is never new again while the source is remembered.
// V2  The floor never falls; marks are at or above it and less than OUTBOX_WINDOW from it, so a stream is bounded.
// V3  A source is forgotten only to make room for another one, the least recently seen first, and only once every item
//     that it was seen with is past its time to live: such an item is not offered again.
// V4  Beside that the ids of the last RECENT_IDS items are known, whatever number they come with: an item that waited in
//     two copies of one disk comes under two names, and counts once.
import { createHash } from 'node:crypto';
import type { StoreEntry } from './store-entry.ts';

interface ReceivedStream {
  floor: number;
  /** Hash of the item's id by number. */
  readonly marks: Map<number, number>;
}

interface ReceivedSource {
  readonly streams: Map<number, ReceivedStream>;
  openUntilMs: number;
}

/** What a number is to a receiver. */
export type Standing = 'new' | 'duplicate' | 'reused' | 'below-floor';

/** A number of a source's, with the item that it is said to be. */
export interface Numbered {
  readonly source: string;
  readonly priority: number;
  readonly sequence: number;
  readonly id: string;
}

const RECENT_IDS = 4096;
const HASH_BYTES = 6;

/** All that one store received. */
export class ReceivedStreams {
  /** Hashes of ids, oldest first (V4). */
  readonly #recent = new Set<number>();
  /** Least recently seen first. */
  readonly #sources = new Map<string, ReceivedSource>();

  get size(): number {
    return this.#sources.size;
  }

  /** Numbers that are remembered, and the floors. */
  get marks(): number {
    let marks = 0;
    for (const { streams } of this.#sources.values())
      for (const stream of streams.values()) marks += 1 + stream.marks.size;
    return marks;
  }

  has(source: string): boolean {
    return this.#sources.has(source);
  }

  floor(source: string, priority: number): number {
    return this.#sources.get(source)?.streams.get(priority)?.floor ?? 0;
  }

  /** V1 */
  standing({ source, priority, sequence, id }: Numbered): Standing {
    const stream = this.#sources.get(source)?.streams.get(priority);
    if (stream !== undefined && sequence < stream.floor) return 'below-floor';
    const hash = hashId(id);
    const mark = stream?.marks.get(sequence);
    if (mark === undefined) return this.#recent.has(hash) ? 'duplicate' : 'new'; // V4
    return mark === hash ? 'duplicate' : 'reused';
  }

  /** The source that may be forgotten (V3), if there is one. */
  forgettable(nowMs: number): string | undefined {
    for (const [source, { openUntilMs }] of this.#sources) if (openUntilMs < nowMs) return source;
    return undefined;
  }

  forget(source: string): void {
    this.#sources.delete(source);
  }

  /** V2 */
  raise(source: string, priority: number, floor: number): void {
    const stream = this.#stream(source, priority);
    if (floor <= stream.floor) return;
    stream.floor = floor;
    for (const sequence of stream.marks.keys()) if (sequence < floor) stream.marks.delete(sequence);
  }

  mark({ source, priority, sequence, hash, openUntilMs }: Extract<StoreEntry, { readonly kind: 'received' }>): void {
    const stream = this.#stream(source, priority);
    if (sequence >= stream.floor) stream.marks.set(sequence, hash);
    this.#know(hash);
    const seen = this.#sources.get(source);
    if (seen !== undefined) seen.openUntilMs = Math.max(seen.openUntilMs, openUntilMs);
  }

  /** Knows items by the hashes of their ids, as {@link entries} gave them. */
  restoreKnown(hashes: Uint8Array): void {
    const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) this.#know(bytes.readUIntBE(at, HASH_BYTES));
  }

  *entries(): Iterable<StoreEntry> {
    const hashes = Buffer.alloc(this.#recent.size * HASH_BYTES);
    let at = 0;
    for (const hash of this.#recent) at = hashes.writeUIntBE(hash, at, HASH_BYTES);
    if (at > 0) yield { kind: 'known', hashes };
    for (const [source, { streams, openUntilMs }] of this.#sources) {
      for (const [priority, { floor, marks }] of streams) {
        yield { kind: 'floor', source, priority, floor };
        for (const [sequence, hash] of marks) yield { kind: 'received', source, priority, sequence, hash, openUntilMs };
      }
    }
  }

  clone(): ReceivedStreams {
    const copy = new ReceivedStreams();
    for (const hash of this.#recent) copy.#recent.add(hash);
    for (const [source, { streams, openUntilMs }] of this.#sources) {
      const copies = [...streams].map(
        ([priority, { floor, marks }]) => [priority, { floor, marks: new Map(marks) }] as const,
      );
      copy.#sources.set(source, { streams: new Map(copies), openUntilMs });
    }
    return copy;
  }

  #know(hash: number): void {
    this.#recent.add(hash);
    if (this.#recent.size <= RECENT_IDS) return;
    for (const oldest of this.#recent) {
      this.#recent.delete(oldest);
      return;
    }
  }

  #stream(source: string, priority: number): ReceivedStream {
    const seen = this.#sources.get(source) ?? { streams: new Map<number, ReceivedStream>(), openUntilMs: 0 };
    this.#sources.delete(source);
    this.#sources.set(source, seen);
    const stream = seen.streams.get(priority) ?? { floor: 0, marks: new Map<number, number>() };
    seen.streams.set(priority, stream);
    return stream;
  }
}

/** 48 bits: enough to tell an item from the one that a copy of the disk gave the same number. */
export function hashId(id: string): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, HASH_BYTES);
}
