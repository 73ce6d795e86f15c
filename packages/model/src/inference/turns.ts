// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Lets work with one key run in the order it was asked for, one at a time; different keys interleave. */
export interface Turns {
  readonly waiting: number;
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

/** Holds `maxWaiting` calls at most; more are refused with `resource-exhausted`. */
export function createTurns({ maxWaiting }: { readonly maxWaiting: number }): Turns {
  const tails = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    take: async (key, work) => {
      if (waiting >= maxWaiting) {
        throw new AiflowError('resource-exhausted', `${waiting} calls wait for the model, limit ${maxWaiting}`, {
          retryAfterMs: 50,
        });
      }
      waiting++;
      const before = tails.get(key) ?? Promise.resolve();
      const mine = before.then(work, work).finally(() => {
        waiting--;
        if (tails.get(key) === mine) tails.delete(key);
      });
      tails.set(key, mine);
      return mine;
    },
  };
}
