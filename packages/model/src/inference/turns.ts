// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Lets work with one key run in the order it was asked for, one at a time; different keys interleave. */
export interface Turns {
  readonly waiting: number;
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  /**
   * Runs `work` once the turns of all keys have come, and holds them until it ends. Keys must differ. A key whose queue is
   * full is refused, and the others go on.
   */
  takeAll<Result>(
    keys: readonly string[],
    work: (turns: readonly PromiseSettledResult<void>[]) => Promise<Result>,
  ): Promise<Result>;
}

/** Holds `maxWaiting` calls at most; more are refused with `resource-exhausted`. */
export function createTurns({ maxWaiting }: { readonly maxWaiting: number }): Turns {
  const tails = new Map<string, Promise<unknown>>();
  let waiting = 0;
  const turns: Turns = {
    get waiting() {
      return waiting;
    },
    // All keys are queued for at once, so that two such calls never hold what the other waits for.
    takeAll: async (keys, work) => {
      const { promise: ended, resolve: end } = deferred();
      const granted = await Promise.allSettled(keys.map(key => grant(turns, key, ended)));
      return work(granted).finally(end);
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
  return turns;
}

/** Resolves when the key's turn has come; the turn lasts until `ended`. */
function grant(turns: Turns, key: string, ended: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const held = turns.take(key, () => {
      resolve();
      return ended;
    });
    held.catch(reject);
  });
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>(settle => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
