// SPDX-License-Identifier: Apache-2.0
//
// The way of big data: chunks over the bulk link, a little at a time. What fits one chunk is a single one.
//
// K1  Messages to one receiver leave in the order they were given; receivers take turns chunk by chunk.
// K2  At most `windowBytes` are on their way to the broker, about 100 ms of the measured link, and a chunk takes at
//     most 50 ms of it (64 KiB below 20 Mbit/s). So the queue forms here, where it can be refused, and not in sockets.
// K3  At most `maxQueuedBytes` wait. One message more is refused, never dropped, and one that is refused replaces none.
// K4  When the link goes down everything that waits fails with its error, the half-sent included.
import { AiflowError, type Chunk, encodeChunk, splitIntoChunks } from '@aiflow/protocol';
import type { NatsLink } from './nats-link.ts';

/** One message for the lane. */
export interface BulkMessage {
  readonly node: string;
  readonly messageId: string;
  readonly bytes: Uint8Array;
  readonly subject: string;
  readonly reply: string | undefined;
  /** With a key, a newer message with the same one to the same node replaces this one while it has not begun to leave. */
  readonly latestKey: string | undefined;
}

/** Sends big messages at the pace of the link. */
export interface BulkLane {
  readonly queuedBytes: number;
  /** Resolves when the message was handed to the link or replaced. */
  send(message: BulkMessage): Promise<void>;
  /** Fails everything that waits. */
  fail(error: AiflowError): void;
  /** Resolves when nothing waits. */
  whenIdle(): Promise<void>;
}

/** What the lane reports while it works. */
export interface BulkLaneEvents {
  chunked(chunks: number): void;
  superseded(): void;
}

interface Entry {
  readonly message: BulkMessage;
  readonly resolve: () => void;
  readonly reject: (error: AiflowError) => void;
  /** Set when it begins to leave. */
  chunks: readonly Chunk[] | undefined;
  next: number;
}

const MIN_WINDOW_BYTES = 64 * 1024;
const MAX_WINDOW_BYTES = 1024 * 1024;
const WINDOW_SECONDS = 0.1;
const CHUNK_SECONDS = 0.05;
const MIN_CHUNK_BYTES = 4 * 1024;
const SLOW_CHUNK_BYTES = 64 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const SLOW_BYTES_PER_SECOND = 2_500_000;
/** Room for a chunk's own fields below the broker's limit. */
const CHUNK_OVERHEAD_BYTES = 1024;

/** The largest chunk for a link of this rate; 0 stands for unknown. */
export function chunkBytesFor(bytesPerSecond: number, maxPayloadBytes: number): number {
  const ceiling = bytesPerSecond < SLOW_BYTES_PER_SECOND ? SLOW_CHUNK_BYTES : MAX_CHUNK_BYTES;
  const fitting = bytesPerSecond === 0 ? SLOW_CHUNK_BYTES : Math.floor(bytesPerSecond * CHUNK_SECONDS);
  return Math.min(ceiling, Math.max(MIN_CHUNK_BYTES, fitting), maxPayloadBytes - CHUNK_OVERHEAD_BYTES);
}

/** A lane over `link`. */
export function createBulkLane(link: NatsLink, events: BulkLaneEvents, maxQueuedBytes: number): BulkLane {
  return new PacedBulkLane(link, events, maxQueuedBytes);
}

class PacedBulkLane implements BulkLane {
  queuedBytes = 0;
  readonly #link: NatsLink;
  readonly #events: BulkLaneEvents;
  readonly #maxQueuedBytes: number;
  /** In the order of their turns. */
  readonly #queues = new Map<string, Entry[]>();
  /** Cleared in the same turn in which the queue was found empty, so that no message is left behind. */
  #pumping = false;
  #idle: Promise<void> = Promise.resolve();

  constructor(link: NatsLink, events: BulkLaneEvents, maxQueuedBytes: number) {
    this.#link = link;
    this.#events = events;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  send(message: BulkMessage): Promise<void> {
    const size = message.bytes.byteLength;
    const older = this.#replacedBy(message);
    const freed = older?.message.bytes.byteLength ?? 0;
    if (this.queuedBytes - freed + size > this.#maxQueuedBytes) return Promise.reject(this.#fullError(message));
    if (older !== undefined) this.#supersede(older);
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(message.node) ?? [];
      queue.push({ message, resolve, reject, chunks: undefined, next: 0 });
      this.#queues.set(message.node, queue);
      this.queuedBytes += size;
      if (!this.#pumping) this.#idle = this.#pump();
    });
  }

  fail(error: AiflowError): void {
    const entries = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.queuedBytes = 0;
    for (const entry of entries) entry.reject(error);
  }

  whenIdle(): Promise<void> {
    return this.#idle;
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#queues.size > 0) {
        const windowBytes = this.#windowBytes();
        if (this.#link.outstandingBytes >= windowBytes) await this.#link.whenBelow(windowBytes);
        const turn = this.#takeTurn();
        if (turn !== undefined) this.#sendChunk(turn);
      }
    } catch (error) {
      this.fail(AiflowError.from(error, 'unavailable'));
    } finally {
      this.#pumping = false;
    }
  }

  /** K1: the queue whose turn it is goes to the end of the line. */
  #takeTurn(): Entry | undefined {
    const [first] = this.#queues;
    if (first === undefined) return undefined;
    const [node, queue] = first;
    this.#queues.delete(node);
    this.#queues.set(node, queue);
    return queue[0];
  }

  #sendChunk(entry: Entry): void {
    const { message } = entry;
    entry.chunks ??= this.#cut(message);
    const chunk = entry.chunks[entry.next];
    const reply = entry.next === 0 ? message.reply : undefined;
    if (chunk !== undefined) this.#link.publish(message.subject, encodeChunk(chunk), reply);
    if (++entry.next < entry.chunks.length) return;
    this.#remove(entry);
    entry.resolve();
  }

  #cut(message: BulkMessage): readonly Chunk[] {
    const maxPayloadBytes = this.#link.broker?.maxPayloadBytes ?? MAX_CHUNK_BYTES;
    const chunkBytes = chunkBytesFor(this.#link.bytesPerSecond, maxPayloadBytes);
    const chunks = splitIntoChunks(message.bytes, message.messageId, chunkBytes);
    if (chunks.length > 1) this.#events.chunked(chunks.length);
    return chunks;
  }

  #replacedBy({ node, latestKey }: BulkMessage): Entry | undefined {
    if (latestKey === undefined) return undefined;
    return this.#queues.get(node)?.find(entry => entry.chunks === undefined && entry.message.latestKey === latestKey);
  }

  #supersede(older: Entry): void {
    this.#remove(older);
    this.#events.superseded();
    older.resolve();
  }

  #remove(entry: Entry): void {
    const queue = this.#queues.get(entry.message.node);
    const index = queue?.indexOf(entry) ?? -1;
    if (queue === undefined || index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(entry.message.node);
    this.queuedBytes -= entry.message.bytes.byteLength;
  }

  #windowBytes(): number {
    const rate = this.#link.bytesPerSecond;
    if (rate === 0) return MIN_WINDOW_BYTES * 4;
    return Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, rate * WINDOW_SECONDS));
  }

  #fullError(message: BulkMessage): AiflowError {
    return new AiflowError(
      'resource-exhausted',
      `${message.bytes.byteLength} bytes to ${message.node} refused: ${this.queuedBytes} wait already, ` +
        `maxQueuedBytes is ${this.#maxQueuedBytes}: await what send returns`,
      { retryAfterMs: 200 },
    );
  }
}
