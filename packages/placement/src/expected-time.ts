// SPDX-License-Identifier: Apache-2.0
//
// From one stretch without rejections to the expected time of a whole answer. After a rejection everything begins anew
// at the token that replaced the wrong one, so an answer is a row of stretches and its time obeys a renewal equation,
// solved from the end of the answer backwards.
import type { Stretch } from './read-stretch.ts';

/** Chance by length of the run that begins an answer or follows a rejection. Index 0 is not used. */
export interface RunLengths {
  /** The first wrong token is this one. */
  readonly endsAt: readonly number[];
  /** All up to this one are right. */
  readonly survives: readonly number[];
}

/** From the chance that the token at each place is right. */
export function runLengths(acceptance: readonly number[], total: number): RunLengths {
  const endsAt = [0];
  const survives = [1];
  for (let token = 1; token <= total; token++) {
    const right = acceptance[token - 1] ?? 1;
    const alive = survives[token - 1] ?? 0;
    endsAt.push(alive * (1 - right));
    survives.push(alive * right);
  }
  return { endsAt, survives };
}

/** The stretch that begins an answer, and those after a rejection. */
export interface Stretches {
  readonly first: Stretch;
  readonly again: Stretch;
}

/** What a rejection costs beside its stretch: on a slow link, blocks that became worthless are still being sent. */
export interface RestartCosts {
  readonly messageMs: number;
  /** From a rejection until the next block could be sent. */
  readonly firstBlockMs: number;
}

/**
 * Expected time until an answer of so many tokens is whole, by its length. `remainderMs` is for what is left after a
 * rejection, `wholeMs` for an answer of full length that begins.
 */
export function expectedAnswerTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restart: RestartCosts,
): { readonly remainderMs: readonly number[]; readonly wholeMs: number } {
  const total = runs.endsAt.length - 1;
  const remainderMs = [0];
  const laterMs = meanTimes(runs, again, restart);
  for (let length = 1; length <= total; length++) remainderMs.push(laterMs(length, remainderMs, again.endedMs, true));
  const wholeMs = meanTimes(runs, first, restart)(total, remainderMs, first.endedMs, true);
  return { remainderMs, wholeMs };
}

/** Expected time until so many tokens are judged, by their number, while the answer goes on behind them. */
export function expectedJudgedTimes(
  runs: RunLengths,
  { first, again }: Stretches,
  restart: RestartCosts,
): { readonly againMs: readonly number[]; readonly firstMs: readonly number[] } {
  const total = runs.endsAt.length - 1;
  const againMs = [0];
  const laterMs = meanTimes(runs, again, restart);
  for (let length = 1; length <= total; length++) againMs.push(laterMs(length, againMs, again.judgedMs, false));
  const firstMs = [0];
  const soonerMs = meanTimes(runs, first, restart);
  for (let length = 1; length <= total; length++) firstMs.push(soonerMs(length, againMs, first.judgedMs, false));
  return { againMs, firstMs };
}

/**
 * One line of the renewal equation, over where the first wrong token may be, or that there is none. `after` is the
 * expected time of what is left after a rejection. In an answer that `isWhole` nothing after its end is drafted or
 * judged: the last block is shorter, and the uplink is through sooner.
 */
type MeanTime = (length: number, after: readonly number[], survivedMs: readonly number[], isWhole: boolean) => number;

function meanTimes(runs: RunLengths, stretch: Stretch, restart: RestartCosts): MeanTime {
  const { endsAt, survives } = runs;
  const { rejectedMs, uplinkFreeMs, uplinkDoneMs } = stretch;
  const restartMs = restartCost(restart);
  const usualMs = rejectedMs.map((ms, token) => ms + restartMs((uplinkFreeMs[token] ?? 0) - ms));
  return (length, after, survivedMs, isWhole) => {
    const lastMs = isWhole ? (survivedMs[length] ?? 0) : Infinity;
    const doneMs = uplinkDoneMs[length] ?? 0;
    const limited = firstLimited(stretch, length, { lastMs, doneMs });
    let sum = (survives[length] ?? 0) * (survivedMs[length] ?? 0);
    for (let token = 1; token < limited; token++) {
      sum += (endsAt[token] as number) * ((usualMs[token] as number) + (after[length - token] as number));
    }
    for (let token = limited; token <= length; token++) {
      const knownMs = Math.min(rejectedMs[token] as number, lastMs);
      const againMs = token === length ? 0 : restartMs(Math.min(uplinkFreeMs[token] as number, doneMs) - knownMs);
      sum += (endsAt[token] as number) * (knownMs + againMs + (after[length - token] as number));
    }
    return sum;
  };
}

function restartCost({ messageMs, firstBlockMs }: RestartCosts): (backlogMs: number) => number {
  const promptMs = Math.max(firstBlockMs, messageMs);
  return backlogMs => Math.max(firstBlockMs, Math.max(0, backlogMs) + messageMs) - promptMs;
}

/** The first token that the end of the answer makes a difference to: later ones are rejected later, so it does to all of them. */
function firstLimited(
  { rejectedMs, uplinkFreeMs }: Stretch,
  length: number,
  { lastMs, doneMs }: { readonly lastMs: number; readonly doneMs: number },
): number {
  let token = length;
  while (token > 1 && ((uplinkFreeMs[token - 1] ?? 0) > doneMs || (rejectedMs[token - 1] ?? 0) > lastMs)) token -= 1;
  return token;
}
