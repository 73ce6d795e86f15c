// SPDX-License-Identifier: Apache-2.0
import { createRowCodec, type WireFormat } from '@aiflow/codec';
import type { DraftResult, RelayState } from '@aiflow/model';
import type { FeaturesOpened } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { RelaySummary } from './continue-contract.ts';

/** Counts what a relay moves and how long its parts take. */
export interface RelayTally {
  opened(opened: FeaturesOpened): void;
  /** Rows of a prompt; `chunks` have come in all. */
  received(state: RelayState, wireFormat: WireFormat, chunks: number): void;
  /** The engine took rows that came before the first token. */
  wrote(ms: number): void;
  stepped(state: RelayState, wireFormat: WireFormat): void;
  said(drafted: DraftResult): void;
  note(reason: string): void;
  figures(): Pick<RelaySummary, 'firstTokenMs' | 'durationMs' | 'compute' | 'transfer' | 'reasons'>;
}

/** A tally that begins now. */
export function createRelayTally(clock: Clock): RelayTally {
  return new Tally(clock);
}

class Tally implements RelayTally {
  readonly #clock: Clock;
  readonly #beganMs: number;
  readonly #reasons: string[] = [];
  #firstTokenMs: number | undefined;
  #sourceMs = 0;
  #firstMs = 0;
  #laterMs = 0;
  #laterTokens = 0;
  #openedMs = 0;
  #transfer = { positions: 0, reused: 0, bytes: 0, chunks: 0, ms: 0, steps: 0, stepBytes: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.nowMs();
  }

  opened({ computeMs, reused }: FeaturesOpened): void {
    this.#sourceMs += computeMs;
    this.#openedMs = this.#clock.nowMs();
    this.#transfer = { ...this.#transfer, reused };
  }

  received(state: RelayState, wireFormat: WireFormat, chunks: number): void {
    const past = this.#transfer;
    this.#transfer = {
      ...past,
      positions: past.positions + state.rows,
      bytes: past.bytes + bytesOf(state, wireFormat),
      chunks,
      ms: this.#clock.nowMs() - this.#openedMs,
    };
  }

  wrote(ms: number): void {
    this.#firstMs += ms;
  }

  stepped(state: RelayState, wireFormat: WireFormat): void {
    const { steps, stepBytes } = this.#transfer;
    this.#transfer = { ...this.#transfer, steps: steps + 1, stepBytes: stepBytes + bytesOf(state, wireFormat) };
  }

  said({ tokens, computeMs }: DraftResult): void {
    if (this.#firstTokenMs === undefined) {
      this.#firstTokenMs = this.#clock.nowMs() - this.#beganMs;
      this.#firstMs += computeMs;
      return;
    }
    this.#laterMs += computeMs;
    this.#laterTokens += tokens.length;
  }

  note(reason: string): void {
    this.#reasons.push(reason);
  }

  figures(): ReturnType<RelayTally['figures']> {
    const durationMs = this.#clock.nowMs() - this.#beganMs;
    const stepMs = this.#laterTokens === 0 ? 0 : this.#laterMs / this.#laterTokens;
    return {
      firstTokenMs: this.#firstTokenMs ?? durationMs,
      durationMs,
      compute: { sourceMs: this.#sourceMs, firstMs: this.#firstMs, stepMs },
      transfer: this.#transfer,
      reasons: this.#reasons,
    };
  }
}

function bytesOf({ hidden, cache, rows }: RelayState, wireFormat: WireFormat): number {
  const width = hidden.length / rows;
  return createRowCodec(wireFormat).bytesPerRow(width) * ((hidden.length + (cache?.length ?? 0)) / width);
}
