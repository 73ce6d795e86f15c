// SPDX-License-Identifier: Apache-2.0
//
// One direction of a stream, with a bound.
//
// V1  A message counts as outstanding until the stream has taken it; one that does not fit under the bound is refused.
// V2  Whoever sends past the window waits until what is outstanding has fallen below it.
// V3  When the stream ends everybody who waits has its error, and nothing more is taken.
import { AiflowError } from '@aiflow/protocol';

/** Sends encoded envelopes over one stream. */
export interface EnvelopeLane {
  readonly outstandingBytes: number;
  /** As `Transport.send`. */
  send(bytes: Uint8Array): void | Promise<void>;
  /** Resolves when fewer bytes are outstanding than the window has; rejects when the stream ends (V3). */
  whenOpen(): Promise<void>;
  /** Resolves when nothing is outstanding, or the stream ended. */
  whenEmpty(): Promise<void>;
  end(error: AiflowError): void;
}

/** Bounds of a lane, in bytes. */
export interface LaneBounds {
  readonly windowBytes: number;
  readonly maxQueuedBytes: number;
}

interface Waiter {
  readonly belowBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: AiflowError) => void;
}

/** A lane over `write`, which calls `taken` when the stream has taken the bytes. */
export function createEnvelopeLane(
  write: (bytes: Buffer, taken: () => void) => void,
  bounds: LaneBounds,
  hop: string,
): EnvelopeLane {
  return new StreamLane(write, bounds, hop);
}

class StreamLane implements EnvelopeLane {
  outstandingBytes = 0;
  readonly #write: (bytes: Buffer, taken: () => void) => void;
  readonly #bounds: LaneBounds;
  readonly #hop: string;
  #waiters: Waiter[] = [];
  #ended: AiflowError | undefined;

  constructor(write: (bytes: Buffer, taken: () => void) => void, bounds: LaneBounds, hop: string) {
    this.#write = write;
    this.#bounds = bounds;
    this.#hop = hop;
  }

  send(bytes: Uint8Array): void | Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const size = bytes.byteLength;
    if (this.outstandingBytes + size > this.#bounds.maxQueuedBytes) throw this.#fullError(size); // V1
    this.outstandingBytes += size;
    this.#write(Buffer.from(bytes.buffer, bytes.byteOffset, size), () => this.#onTaken(size));
    if (this.outstandingBytes >= this.#bounds.windowBytes) return this.whenOpen(); // V2
  }

  whenOpen(): Promise<void> {
    return this.#whenBelow(this.#bounds.windowBytes);
  }

  whenEmpty(): Promise<void> {
    return this.#whenBelow(1).catch(() => undefined);
  }

  /** V3 */
  end(error: AiflowError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.outstandingBytes = 0;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }

  #whenBelow(belowBytes: number): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.outstandingBytes < belowBytes) return Promise.resolve();
    return new Promise((resolve, reject) => void this.#waiters.push({ belowBytes, resolve, reject }));
  }

  #onTaken(size: number): void {
    if (this.#ended !== undefined) return;
    this.outstandingBytes -= size;
    if (this.#waiters.length === 0) return;
    const open = this.#waiters.filter(({ belowBytes }) => this.outstandingBytes < belowBytes);
    this.#waiters = this.#waiters.filter(({ belowBytes }) => this.outstandingBytes >= belowBytes);
    for (const waiter of open) waiter.resolve();
  }

  #fullError(size: number): AiflowError {
    return new AiflowError(
      'resource-exhausted',
      `${this.outstandingBytes} bytes wait at the door and ${size} more exceed maxQueuedBytes ` +
        `${this.#bounds.maxQueuedBytes}: send slower or await what send returns`,
      { hop: this.#hop, retryAfterMs: 100 },
    );
  }
}
