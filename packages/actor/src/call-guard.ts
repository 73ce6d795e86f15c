// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock, Timer } from '@aiflow/time';
import { type PreparedCall, timedOut } from './prepared-call.ts';

/** Watches over an open call until released: its time and the signals that may cancel it. */
export class CallGuard {
  readonly #signals: readonly AbortSignal[];
  readonly #timer: Timer | undefined;
  readonly #onAbort: (event: Event) => void;

  /** `onEnd` gets `deadline-exceeded` or the cancellation. Without a clock, time is left to somebody else. */
  constructor(call: PreparedCall, clock: Clock | undefined, onEnd: (error: AiflowError) => void) {
    this.#signals = call.signals;
    this.#onAbort = event => onEnd(AiflowError.from((event.target as AbortSignal).reason, 'cancelled'));
    for (const signal of call.signals) signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = clock?.setTimer(call.deadlineMs - clock.nowMs(), () => onEnd(timedOut(call)));
  }

  release(): void {
    this.#timer?.cancel();
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#onAbort);
  }
}
