// SPDX-License-Identifier: Apache-2.0
//
// The consuming side of a stream: puts items in order, grants credit, and hands items out one by one.
//
//   open -> ending (its end is known, items before it are missing) -> ended -> drained (the reader took the rest)
//       \___________ failed: the error comes after the items before it, or at once when they are lost _____/
//
// C1  The reader sees positions 0, 1, 2 ... without a gap and without a repetition: a prefix of what was sent.
// C2  Never more than `credit` items are held; a producer that exceeds what was granted ends the stream.
// C3  A gap that has not filled within GAP_LIMIT_MS ends the stream with `data-loss`, after the items before the gap.
//     That is time for two probes and for a broker that restarts.
// C4  A consumer that waits grants anew every PROBE_INTERVAL_MS, which says how far it has read. The same grant a second
//     time makes the producer send again what was not read, so a lost grant, item or end is made good (unread-items.ts).
// C5  It ends exactly once; then no timer is left, and later messages change nothing.
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Timer } from '@aiflow/time';

const GAP_LIMIT_MS = 5_000;
const PROBE_INTERVAL_MS = 1_000;

/** How a consumer reaches its producer and its exchange. */
export interface StreamPeer {
  /** Grants `total` items, counted from the beginning. */
  grant(total: number): void;
  /** The stream is over for the consumer; `error` says why unless it came to its regular end. */
  closed(error: AiflowError | undefined, items: number): void;
}

/** What {@link StreamConsumer} needs to know of its stream. */
export interface StreamConsumerOptions {
  readonly credit: number;
  /** Names the producer in errors, such as `edge-1/verifier`. */
  readonly producer: string;
}

interface Reader {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: AiflowError): void;
}

export class StreamConsumer {
  readonly #clock: Clock;
  readonly #options: StreamConsumerOptions;
  readonly #peer: StreamPeer;
  readonly #held = new Map<number, unknown>();
  #next = 0;
  #granted: number;
  #end: { readonly count: number; readonly error: AiflowError | undefined } | undefined;
  #outcome: { readonly error: AiflowError | undefined } | undefined;
  #reader: Reader | undefined;
  #gapTimer: Timer | undefined;
  #probeTimer: Timer | undefined;

  constructor(clock: Clock, options: StreamConsumerOptions, peer: StreamPeer) {
    this.#clock = clock;
    this.#options = options;
    this.#peer = peer;
    this.#granted = options.credit;
  }

  /** Item `position` arrived, possibly not for the first time. */
  receive(position: number, item: unknown): void {
    if (this.#outcome !== undefined || position < this.#next || this.#held.has(position)) return;
    if (position >= this.#granted) {
      const message = `${this.#options.producer} sent item ${position} though only ${this.#granted} were granted`;
      this.fail(new AiflowError('internal', message));
      return;
    }
    this.#held.set(position, item);
    this.#advance();
  }

  /** The producer is done after `count` items, with `error` if it failed. */
  end(count: number, error?: AiflowError): void {
    if (this.#outcome !== undefined || this.#end !== undefined) return;
    this.#end = { count, error };
    this.#advance();
  }

  /** Ends the stream at once; items that were not read yet are dropped. */
  fail(error: AiflowError): void {
    if (this.#outcome !== undefined) return;
    this.#held.clear();
    this.#close(error);
  }

  /** The next item; at most one call at a time. */
  next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#advance();
    });
  }

  #advance(): void {
    this.#serveReader();
    if (this.#outcome === undefined) this.#checkEnd();
    if (this.#outcome === undefined) this.#watch();
    else this.#serveReader();
  }

  #serveReader(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (this.#held.has(this.#next)) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: this.#take() });
    } else if (this.#outcome !== undefined) {
      this.#reader = undefined;
      if (this.#outcome.error !== undefined) reader.reject(this.#outcome.error);
      else reader.resolve({ done: true, value: undefined });
    }
  }

  #take(): unknown {
    const item = this.#held.get(this.#next);
    this.#held.delete(this.#next);
    this.#next += 1;
    this.#gapTimer?.cancel();
    this.#gapTimer = undefined;
    const { credit } = this.#options;
    if (this.#end === undefined && this.#granted - this.#next <= credit / 2) {
      this.#granted = this.#next + credit;
      this.#peer.grant(this.#granted);
    }
    return item;
  }

  /** The stream is over once all items before its end were handed out. */
  #checkEnd(): void {
    if (this.#end !== undefined && this.#next >= this.#end.count) this.#close(this.#end.error);
  }

  #close(error: AiflowError | undefined): void {
    this.#outcome = { error };
    this.#gapTimer?.cancel();
    this.#probeTimer?.cancel();
    this.#peer.closed(error, this.#next);
    this.#serveReader();
  }

  /** Keeps the timers that C3 and C4 need. */
  #watch(): void {
    const starved = !this.#held.has(this.#next);
    const gap = starved && (this.#held.size > 0 || this.#end !== undefined);
    this.#gapTimer = this.#keep(this.#gapTimer, gap, GAP_LIMIT_MS, () => this.#giveUpGap());
    const waits = starved && this.#reader !== undefined;
    if (!gap) {
      this.#probeTimer?.cancel(); // in a gap it runs on, for later items do not fill it
      this.#probeTimer = undefined;
    }
    this.#probeTimer = this.#keep(this.#probeTimer, waits, PROBE_INTERVAL_MS, () => this.#probe());
  }

  #keep(timer: Timer | undefined, wanted: boolean, delayMs: number, fire: () => void): Timer | undefined {
    if (wanted) return timer ?? this.#clock.setTimer(delayMs, fire);
    timer?.cancel();
    return undefined;
  }

  #probe(): void {
    this.#probeTimer = undefined;
    if (this.#end === undefined) this.#granted = this.#next + this.#options.credit;
    this.#peer.grant(this.#granted);
    this.#watch();
  }

  #giveUpGap(): void {
    const message = `item ${this.#next} from ${this.#options.producer} was lost: it did not arrive within ${GAP_LIMIT_MS} ms of a later one`;
    this.fail(this.#end?.error ?? new AiflowError('data-loss', message));
  }
}
