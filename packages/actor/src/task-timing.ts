// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { Task } from './task.ts';

/** How long a handler that was told to end may still run before that is a fault. */
const HANG_GRACE_MS = 1_000;

/** A task as far as time is concerned. */
type TimedTask = Pick<Task, 'limitMs' | 'beganMs' | 'timer'>;

/** The one timer of each task: its time in the mailbox, then in its handler, then the grace of one that hangs (A4). */
export class TaskTiming<T extends TimedTask> {
  readonly #clock: Clock;
  readonly #handlerTimeoutMs: number;
  readonly #onTimer: (task: T) => void;

  constructor(clock: Clock, handlerTimeoutMs: number, onTimer: (task: T) => void) {
    this.#clock = clock;
    this.#handlerTimeoutMs = handlerTimeoutMs;
    this.#onTimer = onTimer;
  }

  /** How long after its begin a handler hangs. */
  get hungAfterMs(): number {
    return this.#handlerTimeoutMs + HANG_GRACE_MS;
  }

  /** The task waits from `nowMs` on. */
  onQueued(task: T, nowMs: number): void {
    if (task.limitMs !== Infinity) this.#arm(task, task.limitMs - nowMs);
  }

  /** Its handler begins: the actor's limit counts if it is sooner than the sender's. */
  onBegun(task: T, nowMs: number): void {
    task.beganMs = nowMs;
    const limitMs = nowMs + this.#handlerTimeoutMs;
    if (limitMs >= task.limitMs) return;
    task.limitMs = limitMs;
    this.#arm(task, this.#handlerTimeoutMs);
  }

  /** Its handler was asked to end. */
  onGivenUp(task: T): void {
    this.#arm(task, task.beganMs + this.hungAfterMs - this.#clock.nowMs());
  }

  #arm(task: T, delayMs: number): void {
    task.timer?.cancel();
    task.timer = this.#clock.setTimer(delayMs, () => this.#onTimer(task));
  }
}
