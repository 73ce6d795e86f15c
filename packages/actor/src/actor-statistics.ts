// SPDX-License-Identifier: Apache-2.0

/** What one actor did, counted. */
export class ActorStatistics {
  handled = 0;
  failed = 0;
  refused = 0;
  restarts = 0;
  #meanHandleMs = 0;

  onHandled(durationMs: number, failed: boolean): void {
    this.handled += 1;
    if (failed) this.failed += 1;
    this.#meanHandleMs += (durationMs - this.#meanHandleMs) / Math.min(this.handled, 16);
  }

  /** When a message refused now may find room: the time the waiting ones will take, within 10 ms to 10 s. */
  retryAfterMs(depth: number, concurrency: number): number {
    return Math.ceil(Math.min(10_000, Math.max(10, (this.#meanHandleMs * depth) / concurrency)));
  }
}
