// SPDX-License-Identifier: Apache-2.0

/** What judging costs; a judge may be reached over a link. */
export interface JudgeCosts {
  /** Milliseconds by block length, from 0 up to the longest block. */
  readonly blockMs: readonly number[];
  readonly halfTripMs: number;
  readonly messageMs: number;
  readonly tokenMs: number;
}

/** How long a message with so many tokens keeps the uplink busy. */
export function sendMs({ messageMs, tokenMs }: JudgeCosts, tokens: number): number {
  return messageMs + tokens * tokenMs;
}

/** What judging a block of so many tokens takes. */
export function blockMs(judge: JudgeCosts, tokens: number): number {
  return judge.blockMs[tokens] ?? 0;
}
