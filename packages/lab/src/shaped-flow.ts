// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '@aiflow/time';

/** Where a flow's bytes go. */
export interface FlowReceiver {
  /** Must call `done` when the chunk has been taken. */
  deliver(chunk: Uint8Array, done: () => void): void;
  /** Everything pushed before `end` was delivered. */
  end(): void;
}

/** One connection's bytes in one direction. */
export interface ShapedFlow {
  /** Pushed and not yet taken by the receiver. */
  readonly bufferedBytes: number;
  /** Nothing waits, neither bytes nor the end. */
  readonly isIdle: boolean;
  push(chunk: Uint8Array): void;
  /** Nothing more will be pushed. */
  end(): void;
  /** Delivers nothing until `release`; then what is due comes at once. */
  hold(): void;
  release(): void;
  /** Forgets what was not handed over and tells how many bytes that was. Whatever is pushed afterwards is ignored. */
  drop(): number;
}

/** The side of a flow that the link's wire uses. */
export interface WireSideOfFlow extends ShapedFlow {
  readonly isWaiting: boolean;
  /** The next bytes for the wire, at most so many. */
  take(maxBytes: number): Uint8Array;
  /** What was taken has left the wire and arrives at that time. */
  travel(piece: Uint8Array, arrivesMs: number): void;
}

/** What a flow asks of its wire. */
export interface WireOfFlow {
  enqueue(flow: WireSideOfFlow): void;
  forget(flow: WireSideOfFlow): void;
  /** When something that takes no time on the wire would arrive if it left now. */
  arrivalMs(): number;
}

/** See link-shaper.ts, H1 and H2. */
export function createShapedFlow(clock: Clock, receiver: FlowReceiver, wire: WireOfFlow): WireSideOfFlow {
  return new QueuedFlow(clock, receiver, wire);
}

interface Travelling {
  /** Undefined stands for the end of the flow. */
  readonly piece: Uint8Array | undefined;
  readonly arrivesMs: number;
}

class QueuedFlow implements WireSideOfFlow {
  readonly #clock: Clock;
  readonly #receiver: FlowReceiver;
  readonly #wire: WireOfFlow;
  #queued: Uint8Array[] = [];
  #travelling: Travelling[] = [];
  #bufferedBytes = 0;
  #state: 'open' | 'ending' | 'dropped' = 'open';
  #held = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, receiver: FlowReceiver, wire: WireOfFlow) {
    this.#clock = clock;
    this.#receiver = receiver;
    this.#wire = wire;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get isIdle(): boolean {
    return this.#queued.length === 0 && this.#travelling.length === 0;
  }

  get isWaiting(): boolean {
    return this.#queued.length > 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#state !== 'open' || chunk.byteLength === 0) return;
    this.#bufferedBytes += chunk.byteLength;
    this.#queued.push(chunk);
    this.#wire.enqueue(this);
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    if (this.#queued.length === 0) this.#schedule(undefined, this.#wire.arrivalMs());
  }

  take(maxBytes: number): Uint8Array {
    const head = this.#queued.shift() ?? new Uint8Array();
    if (head.byteLength <= maxBytes) return head;
    this.#queued.unshift(head.subarray(maxBytes));
    return head.subarray(0, maxBytes);
  }

  travel(piece: Uint8Array, arrivesMs: number): void {
    this.#schedule(piece, arrivesMs);
    if (this.#state === 'ending' && this.#queued.length === 0) this.#schedule(undefined, arrivesMs);
  }

  hold(): void {
    this.#held = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  release(): void {
    this.#held = false;
    if (this.#timer === undefined) this.#arrive();
  }

  drop(): number {
    const pieces = [...this.#queued, ...this.#travelling.flatMap(({ piece }) => (piece === undefined ? [] : [piece]))];
    this.#state = 'dropped';
    this.#timer?.cancel();
    this.#wire.forget(this);
    [this.#queued, this.#travelling] = [[], []];
    const lostBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    this.#bufferedBytes -= lostBytes;
    return lostBytes;
  }

  #schedule(piece: Uint8Array | undefined, wantedMs: number): void {
    const arrivesMs = Math.max(wantedMs, this.#travelling.at(-1)?.arrivesMs ?? Number.NEGATIVE_INFINITY); // H1
    this.#travelling.push({ piece, arrivesMs });
    if (this.#timer === undefined) this.#arrive();
  }

  #arrive(): void {
    this.#timer = undefined;
    while (!this.#held) {
      const [head] = this.#travelling;
      if (head === undefined) return;
      const leftMs = head.arrivesMs - this.#clock.nowMs();
      if (leftMs > 0) {
        this.#timer = this.#clock.setTimer(leftMs, () => this.#arrive());
        return;
      }
      this.#travelling.shift();
      this.#hand(head.piece);
    }
  }

  #hand(piece: Uint8Array | undefined): void {
    if (piece === undefined) {
      this.#receiver.end();
      return;
    }
    this.#receiver.deliver(piece, () => {
      this.#bufferedBytes -= piece.byteLength; // H2
    });
  }
}
