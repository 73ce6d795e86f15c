// SPDX-License-Identifier: Apache-2.0
//
// How a courier treats one node, as a function of what happened with it and of the time.
//
//   open -> (no word) -> pausing -> (its time is over) -> probing -> (a word) -> open
//                           ^                               |
//                           +----------- (no word) ---------+
//
// L1  At most `perNode` offers are under way, and one alone while the last one brought no word. So what a node that is
//     gone holds of the courier is one offer.
// L2  A pause doubles with each offer without a word, up to `maxPauseMs`; its upper half is random. A node that comes ends
//     it at a random moment within `arrivalSpreadMs`, so that those who waited for it do not come together.
// L3  A node that says when to come again is not offered anything before that.
// L4  All offers together take at most `share` of the link's rate: an item above the control size goes when the bytes
//     before it are paid for, one at a time; smaller ones may run ahead by `burstBytes`, among themselves.
import type { Random } from '@aiflow/time';

/** How much of a node and its link a courier takes. */
export interface LaneLimits {
  readonly perNode: number;
  readonly initialPauseMs: number;
  readonly maxPauseMs: number;
  readonly arrivalSpreadMs: number;
  readonly controlBytes: number;
  readonly burstBytes: number;
  /** Of the rate, 0 to 1. */
  readonly share: number;
  /** The rate of a link that was not measured. */
  readonly assumedBytesPerSecond: number;
}

/** `full`: nothing goes before an offer ended. `busy`: nothing large does. `not-before`: nor does what comes after it. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'full' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'not-before'; readonly atMs: number };

/** What an item takes beside its payload, about. */
const HEAD_BYTES = 256;
const READY: Readiness = { kind: 'ready' };
const FULL: Readiness = { kind: 'full' };
const BUSY: Readiness = { kind: 'busy' };

/** One node's lane. */
export class NodeLane {
  readonly #limits: LaneLimits;
  readonly #random: Random;
  #inFlight = 0;
  #largeInFlight = 0;
  #silences = 0;
  #notBeforeMs = -Infinity;
  /** When what was sent is paid for, at the share of the rate. */
  #paidMs = -Infinity;
  #smallPaidMs = -Infinity;
  #bytesPerMs = 1;

  constructor(limits: LaneLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes the link's rate as it was measured last. */
  measure(bytesPerSecond: number | undefined): void {
    const { share, assumedBytesPerSecond } = this.#limits;
    const measured = bytesPerSecond !== undefined && bytesPerSecond > 0 ? bytesPerSecond : assumedBytesPerSecond;
    this.#bytesPerMs = (share * measured) / 1000;
  }

  /** Whether an item of so many bytes may go now. */
  readiness(bytes: number, nowMs: number): Readiness {
    if (nowMs < this.#notBeforeMs) return { kind: 'not-before', atMs: this.#notBeforeMs };
    if (this.#inFlight >= (this.#silences > 0 ? 1 : this.#limits.perNode)) return FULL; // L1
    const isLarge = this.#isLarge(bytes);
    if (isLarge && this.#largeInFlight > 0) return BUSY;
    const atMs = isLarge ? this.#paidMs : this.#smallPaidMs - this.#limits.burstBytes / this.#bytesPerMs;
    return nowMs < atMs ? { kind: 'not-before', atMs } : READY; // L4
  }

  begin(bytes: number, nowMs: number): void {
    const costMs = (bytes + HEAD_BYTES) / this.#bytesPerMs;
    this.#inFlight += 1;
    this.#paidMs = Math.max(this.#paidMs, nowMs) + costMs;
    if (this.#isLarge(bytes)) this.#largeInFlight += 1;
    else this.#smallPaidMs = Math.max(this.#smallPaidMs, nowMs) + costMs;
  }

  end(bytes: number): void {
    this.#inFlight -= 1;
    if (this.#isLarge(bytes)) this.#largeInFlight -= 1;
  }

  /** The node said something. */
  heard(): void {
    this.#silences = 0;
  }

  /** L2 */
  silent(nowMs: number): void {
    this.#pause(nowMs, pauseMs(this.#silences, this.#limits, this.#random));
    this.#silences += 1;
  }

  /** L3: at least so long, and up to a half longer, lest all it says so to come together. */
  comeAgain(nowMs: number, retryAfterMs: number): void {
    this.heard();
    this.#pause(nowMs, retryAfterMs * (1 + this.#random.next() / 2));
  }

  /** The node came, or came back (L2). */
  arrived(nowMs: number): void {
    if (this.#inFlight > 0 && this.#silences === 0) return;
    this.#silences = 0;
    this.#notBeforeMs = nowMs + this.#limits.arrivalSpreadMs * this.#random.next();
  }

  /** Someone wants it now. */
  hurry(): void {
    this.#notBeforeMs = -Infinity;
  }

  #isLarge(bytes: number): boolean {
    return bytes > this.#limits.controlBytes;
  }

  #pause(nowMs: number, forMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + forMs);
  }
}

/** The pause after `failures` others: doubled each time, the upper half of it random. */
export function pauseMs(
  failures: number,
  { initialPauseMs, maxPauseMs }: Pick<LaneLimits, 'initialPauseMs' | 'maxPauseMs'>,
  random: Random,
): number {
  const ceilingMs = Math.min(maxPauseMs, initialPauseMs * 2 ** Math.min(failures, 40));
  return (ceilingMs / 2) * (1 + random.next());
}
