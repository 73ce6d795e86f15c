// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
/** Holds `maxWaiting` calls at most; more are refused with `resource-exhausted`. */
export function createTurns({ maxWaiting }) {
  const tails = new Map();
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
//# sourceMappingURL=turns.js.map
