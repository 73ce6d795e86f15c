// SPDX-License-Identifier: Apache-2.0
//
// How much is on its way to the broker. The client tells nothing of its socket, so the broker is asked.
//
// O1  Bytes count as outstanding from publish until the broker answered a ping sent after them.
// O2  A ping goes out every `PING_EVERY_BYTES`, and at once when somebody waits.
// O3  After `reset` nothing is outstanding, everybody who waited has the error, and answers to earlier pings are ignored.
import type { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';

/** Counts outstanding bytes. */
export interface OutboundWindow {
  readonly outstandingBytes: number;
  /** Bytes a second at which the broker last took what was sent in a burst; 0 when unknown. */
  readonly bytesPerSecond: number;
  add(bytes: number): void;
  /** Resolves when fewer than `bytes` are outstanding; rejects with the error of a reset. */
  whenBelow(bytes: number): Promise<void>;
  reset(error: AiflowError): void;
}

const PING_EVERY_BYTES = 128 * 1024;
/** A burst smaller than this says nothing of the rate. */
const RATE_SAMPLE_BYTES = 64 * 1024;

interface Waiter {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: AiflowError) => void;
}

/** `ping` resolves when the broker has taken all that was sent before it, and rejects when the connection is lost. */
export function createOutboundWindow(clock: Clock, ping: () => Promise<void>): OutboundWindow {
  return new PingedWindow(clock, ping);
}

class PingedWindow implements OutboundWindow {
  outstandingBytes = 0;
  bytesPerSecond = 0;
  readonly #clock: Clock;
  readonly #ping: () => Promise<void>;
  #waiters: Waiter[] = [];
  #unpingedBytes = 0;
  #epoch = 0;
  #lastPongMs = 0;

  constructor(clock: Clock, ping: () => Promise<void>) {
    this.#clock = clock;
    this.#ping = ping;
  }

  add(bytes: number): void {
    this.outstandingBytes += bytes;
    this.#unpingedBytes += bytes;
    if (this.#unpingedBytes >= PING_EVERY_BYTES) this.#ask();
  }

  whenBelow(bytes: number): Promise<void> {
    if (this.outstandingBytes < bytes) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ bytes, resolve, reject });
      this.#ask();
    });
  }

  reset(error: AiflowError): void {
    this.#epoch++;
    this.outstandingBytes = 0;
    this.#unpingedBytes = 0;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }

  #ask(): void {
    const bytes = this.#unpingedBytes;
    if (bytes === 0) return;
    const epoch = this.#epoch;
    const sentMs = this.#clock.nowMs();
    this.#unpingedBytes = 0;
    this.#ping().then(
      () => {
        if (epoch === this.#epoch) this.#onAnswer(bytes, sentMs);
      },
      () => undefined, // the connection is lost, and its owner resets the window (O3)
    );
  }

  #onAnswer(bytes: number, sentMs: number): void {
    const nowMs = this.#clock.nowMs();
    this.#measure(bytes, nowMs - Math.max(sentMs, this.#lastPongMs));
    this.#lastPongMs = nowMs;
    this.outstandingBytes -= bytes;
    const ready = this.#waiters.filter(waiter => this.outstandingBytes < waiter.bytes);
    this.#waiters = this.#waiters.filter(waiter => this.outstandingBytes >= waiter.bytes);
    for (const waiter of ready) waiter.resolve();
    if (this.#waiters.length > 0) this.#ask();
  }

  #measure(bytes: number, elapsedMs: number): void {
    if (bytes < RATE_SAMPLE_BYTES || elapsedMs <= 0) return;
    const rate = (bytes * 1000) / elapsedMs;
    this.bytesPerSecond = this.bytesPerSecond === 0 ? rate : 0.7 * this.bytesPerSecond + 0.3 * rate;
  }
}
