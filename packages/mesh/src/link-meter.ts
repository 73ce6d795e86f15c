// SPDX-License-Identifier: Apache-2.0
//
// What a link to a peer is like, as a pure function of what was sent and what came back.
//
// G1  Round trips are smoothed as TCP does (RFC 6298: gain 1/8, deviation 1/4).
// G2  Two clocks are never compared: of (our arrival stamp - its send stamp) the smallest of the last one to two windows
//     is the offset plus the unloaded way, so what a probe has above it is time it queued. A new boot starts anew.
// G3  A probe without an echo for `lossAfterMs` is lost; a later echo is not counted again. The ratio is that of the
//     last 64 probes.
// G4  The rate is the bytes of a train of probes over the time between the first and the last echo: the sender's own
//     pace cancels out. Only the larger of what was seen lately counts, for a train can only be slowed down.

/** A link as measured from this end. Values not measured yet are undefined. */
export interface LinkMeasurement {
  readonly peer: string;
  readonly rttMs: number | undefined;
  /** Mean deviation of the round trip. */
  readonly rttDeviationMs: number | undefined;
  /** How much longer than the fastest recent one the last message from the peer took, smoothed. */
  readonly queueingMs: number | undefined;
  /** 0 to 1, of the last 64 probes. */
  readonly lossRatio: number;
  readonly bytesPerSecond: number | undefined;
  readonly probes: number;
}

/** Limits of a link meter. */
export interface LinkMeterOptions {
  /** Default 2 000. */
  readonly lossAfterMs?: number;
  /** How long a smallest difference holds. Default 60 000. */
  readonly windowMs?: number;
}

/** Measures one peer. */
export interface LinkMeter {
  /** A probe left. */
  sent(sequence: number, bytes: number, nowMs: number): void;
  /** Its echo came. */
  echoed(sequence: number, nowMs: number): void;
  /** Anything with a send stamp came from the peer. */
  heard(bootId: string, sentAtMs: number, nowMs: number): void;
  /** Probes that belong together: their echoes give the rate. */
  train(sequences: readonly number[]): void;
  measure(nowMs: number): LinkMeasurement;
}

interface Flight {
  readonly sentMs: number;
  readonly bytes: number;
}

const OUTCOMES = 64;
const MAX_IN_FLIGHT = 256;
const TRAIN_LIMIT_MS = 10_000;

/** A meter that has seen nothing. */
export function createLinkMeter(peer: string, options: LinkMeterOptions = {}): LinkMeter {
  return new PeerMeter(peer, options.lossAfterMs ?? 2_000, options.windowMs ?? 60_000);
}

class PeerMeter implements LinkMeter {
  readonly #peer: string;
  readonly #lossAfterMs: number;
  readonly #windowMs: number;
  readonly #flights = new Map<number, Flight>();
  readonly #outcomes: boolean[] = [];
  #rttMs: number | undefined;
  #deviationMs = 0;
  #queueingMs: number | undefined;
  #bootId = '';
  #smallest = Infinity;
  #previousSmallest = Infinity;
  #windowBeganMs = 0;
  #bytesPerSecond: number | undefined;
  #train: { readonly sequences: readonly number[]; readonly echoes: Map<number, { atMs: number; bytes: number }> } = {
    sequences: [],
    echoes: new Map(),
  };
  #probes = 0;

  constructor(peer: string, lossAfterMs: number, windowMs: number) {
    this.#peer = peer;
    this.#lossAfterMs = lossAfterMs;
    this.#windowMs = windowMs;
  }

  sent(sequence: number, bytes: number, nowMs: number): void {
    this.#probes++;
    this.#expire(nowMs);
    this.#flights.set(sequence, { sentMs: nowMs, bytes });
    const [oldest] = this.#flights.keys();
    if (this.#flights.size > MAX_IN_FLIGHT && oldest !== undefined) this.#flights.delete(oldest);
  }

  echoed(sequence: number, nowMs: number): void {
    this.#expire(nowMs);
    const flight = this.#flights.get(sequence);
    if (flight === undefined) return;
    this.#flights.delete(sequence);
    this.#record(true);
    if (this.#train.sequences.includes(sequence)) this.#echoTrain(sequence, flight, nowMs);
    else this.#smooth(nowMs - flight.sentMs);
  }

  heard(bootId: string, sentAtMs: number, nowMs: number): void {
    if (bootId !== this.#bootId) this.#restart(bootId, nowMs);
    if (nowMs - this.#windowBeganMs >= this.#windowMs) {
      this.#previousSmallest = this.#smallest;
      this.#smallest = Infinity;
      this.#windowBeganMs = nowMs;
    }
    const difference = nowMs - sentAtMs;
    this.#smallest = Math.min(this.#smallest, difference);
    const excess = difference - Math.min(this.#smallest, this.#previousSmallest);
    this.#queueingMs = this.#queueingMs === undefined ? excess : this.#queueingMs + (excess - this.#queueingMs) / 8;
  }

  train(sequences: readonly number[]): void {
    this.#train = { sequences, echoes: new Map() };
  }

  measure(nowMs: number): LinkMeasurement {
    this.#expire(nowMs);
    const lost = this.#outcomes.filter(arrived => !arrived).length;
    return {
      peer: this.#peer,
      rttMs: this.#rttMs,
      rttDeviationMs: this.#rttMs === undefined ? undefined : this.#deviationMs,
      queueingMs: this.#queueingMs,
      lossRatio: this.#outcomes.length === 0 ? 0 : lost / this.#outcomes.length,
      bytesPerSecond: this.#bytesPerSecond,
      probes: this.#probes,
    };
  }

  /** G1 */
  #smooth(sampleMs: number): void {
    if (this.#rttMs === undefined) {
      this.#rttMs = sampleMs;
      this.#deviationMs = sampleMs / 2;
      return;
    }
    this.#deviationMs += (Math.abs(sampleMs - this.#rttMs) - this.#deviationMs) / 4;
    this.#rttMs += (sampleMs - this.#rttMs) / 8;
  }

  /** G2 */
  #restart(bootId: string, nowMs: number): void {
    this.#bootId = bootId;
    this.#smallest = Infinity;
    this.#previousSmallest = Infinity;
    this.#windowBeganMs = nowMs;
    this.#queueingMs = undefined;
  }

  /** G3 */
  #expire(nowMs: number): void {
    for (const [sequence, flight] of this.#flights) {
      if (nowMs - flight.sentMs < this.#lossAfterMs) break;
      if (this.#train.sequences.includes(sequence) && nowMs - flight.sentMs < TRAIN_LIMIT_MS) continue;
      this.#flights.delete(sequence);
      this.#record(false);
    }
  }

  #record(arrived: boolean): void {
    this.#outcomes.push(arrived);
    if (this.#outcomes.length > OUTCOMES) this.#outcomes.shift();
  }

  /** G4 */
  #echoTrain(sequence: number, flight: Flight, nowMs: number): void {
    const { sequences, echoes } = this.#train;
    echoes.set(sequence, { atMs: nowMs, bytes: flight.bytes });
    if (echoes.size < sequences.length) return;
    const inOrder = [...echoes.values()].sort((one, other) => one.atMs - other.atMs);
    const first = inOrder[0];
    const last = inOrder.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return;
    const bytes = inOrder.slice(1).reduce((sum, echo) => sum + echo.bytes, 0);
    const rate = (bytes * 1000) / (last.atMs - first.atMs);
    this.#bytesPerSecond = Math.max(rate, 0.5 * (this.#bytesPerSecond ?? 0));
  }
}
