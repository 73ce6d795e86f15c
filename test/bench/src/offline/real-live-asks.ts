// SPDX-License-Identifier: Apache-2.0
import type { Fleet } from '@aiflow/node';
import { REQUESTS_ACTOR, requestStatus } from '@aiflow/roles';
import { type Clock, sleep } from '@aiflow/time';
import { quantile } from '../harness/statistics.ts';

/** What live asks came to. */
export interface LiveFigures {
  readonly p99Ms: number;
  readonly count: number;
  /** How long the node could not be reached at first. */
  readonly silentMs: number;
}

/** Small asks from the broker's side to a node, one at a time: they cross its link there and back. */
export interface LiveAsks {
  /** Ends them. */
  stop(): Promise<LiveFigures>;
}

const EVERY_MS = 20;
const LIMIT_MS = 10_000;
/** While nobody answers yet, it is tried again so soon. */
const SILENT_LIMIT_MS = 500;

/** Asks `node` what it was asked last. Once it has answered, an ask that fails counts as one that took the limit. */
export function startLiveAsks(fleet: Fleet, node: string, clock: Clock): LiveAsks {
  const beganMs = clock.nowMs();
  const tookMs: number[] = [];
  let silentMs: number | undefined;
  let isOver = false;
  const ask = async (timeoutMs: number): Promise<boolean> =>
    fleet.ask({ node, actor: REQUESTS_ACTOR }, requestStatus, { limit: 1 }, { timeoutMs }).then(
      () => true,
      () => false,
    );
  const work = async (): Promise<void> => {
    while (!isOver) {
      const askedMs = clock.nowMs();
      const isDone = await ask(silentMs === undefined ? SILENT_LIMIT_MS : LIMIT_MS);
      if (silentMs !== undefined) tookMs.push(isDone ? clock.nowMs() - askedMs : LIMIT_MS);
      else if (isDone) silentMs = clock.nowMs() - beganMs;
      await sleep(clock, EVERY_MS);
    }
  };
  const working = work();
  return {
    stop: async () => {
      isOver = true;
      await working;
      const p99Ms = quantile(tookMs, 0.99);
      return { p99Ms, count: tookMs.length, silentMs: silentMs ?? clock.nowMs() - beganMs };
    },
  };
}
