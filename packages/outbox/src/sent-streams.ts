// SPDX-License-Identifier: Apache-2.0
//
// The sequences of what was offered, by source, destination node and priority.
//
// Q1  A stream gives each number out once, rising from 0.
// Q2  Its floor is the lowest number that is not settled, and never falls.
// Q3  A number is given out only less than OUTBOX_WINDOW above the floor.
// Q4  A stream that is forgotten begins at 0 again. Its receiver says `below-floor` or `reused`, and the source is renamed;
//     so forgetting costs a renaming, never an item.
import { OUTBOX_WINDOW } from '@aiflow/protocol';
import type { Place, StoreEntry } from './store-entry.ts';

/** How far one stream is. */
interface StreamPosition {
  readonly source: string;
  readonly node: string;
  readonly priority: number;
  readonly next: number;
}

interface SentStream extends Omit<StreamPosition, 'next'> {
  next: number;
  /** Given out and not settled, lowest first. */
  readonly open: Set<number>;
}

const MAX_STREAMS = 3072;

/** All streams of one store. */
export class SentStreams {
  /** Least recently used first. */
  readonly #streams = new Map<string, SentStream>();

  /** The number that would be given next, undefined while the window is full (Q3). */
  next(source: string, node: string, priority: number): number | undefined {
    const stream = this.#streams.get(keyOf(source, node, priority));
    if (stream === undefined) return 0;
    return stream.next - floorOf(stream) < OUTBOX_WINDOW ? stream.next : undefined;
  }

  floor({ source, node, sequence }: Place, priority: number): number {
    const stream = this.#streams.get(keyOf(source, node, priority));
    return stream === undefined ? sequence : floorOf(stream);
  }

  /** `sequence` was given out; `open` says whether it has an item still. */
  give({ source, node, sequence }: Place, priority: number, open: boolean): void {
    const stream = this.#touch(source, node, priority);
    stream.next = Math.max(stream.next, sequence + 1);
    if (open) stream.open.add(sequence);
  }

  settle({ source, node, sequence }: Place, priority: number): void {
    this.#streams.get(keyOf(source, node, priority))?.open.delete(sequence);
  }

  /** Sets how far a stream is. */
  restore({ source, node, priority, next }: StreamPosition): void {
    const stream = this.#touch(source, node, priority);
    stream.next = Math.max(stream.next, next);
  }

  /** Streams of other sources give out no more numbers, so they need not be kept. */
  *entries(current: string): Iterable<StoreEntry> {
    for (const { source, node, priority, next } of this.#streams.values()) {
      if (source === current) yield { kind: 'stream', source, node, priority, next };
    }
  }

  clone(): SentStreams {
    const copy = new SentStreams();
    for (const [key, stream] of this.#streams) copy.#streams.set(key, { ...stream, open: new Set(stream.open) });
    return copy;
  }

  #touch(source: string, node: string, priority: number): SentStream {
    const key = keyOf(source, node, priority);
    const stream = this.#streams.get(key) ?? { source, node, priority, next: 0, open: new Set<number>() };
    this.#streams.delete(key);
    this.#streams.set(key, stream);
    if (this.#streams.size > MAX_STREAMS) this.#forgetOne(key);
    return stream;
  }

  /** Q4 */
  #forgetOne(except: string): void {
    for (const [key, stream] of this.#streams) {
      if (stream.open.size === 0 && key !== except) return void this.#streams.delete(key);
    }
  }
}

/** Q2: a set keeps the order in which numbers were given out. */
function floorOf(stream: SentStream): number {
  for (const sequence of stream.open) return sequence;
  return stream.next;
}

function keyOf(source: string, node: string, priority: number): string {
  return `${priority} ${node} ${source}`;
}
