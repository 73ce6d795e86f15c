// SPDX-License-Identifier: Apache-2.0
//
// The producing side of a stream: pulls items from a handler's iterable as the consumer grants credit.
//
//   waiting for credit -> pulling -> sending -> waiting for credit ... -> ended
//
// P1  An item is pulled only when it may be sent, so a handler is never more than one item ahead of its consumer.
// P2  `sentItems` never exceeds `grantedItems`.
// P3  Positions count from 0 without a gap.
// P4  However it ends, the iterable's `return` is called, so that a handler's `finally` runs.
// P5  Generous credit and a fast iterable never keep the event loop from turning, so a deadline or a cancel gets in.
import type { ItemSink } from './incoming-message.ts';
import type { CallOutcome } from './interceptor.ts';
import type { Task } from './task.ts';
import { nextTurn } from './turn-scheduler.ts';

const ITEMS_PER_TURN = 64;

/** Sends the items to `sink`, then ends it; stops early, without ending, when the task is aborted. */
export async function produceItems(task: Task, items: AsyncIterable<unknown>, sink: ItemSink): Promise<CallOutcome> {
  let replyBytes = 0;
  const iterator = items[Symbol.asyncIterator]();
  let exhausted = false;
  try {
    while (await creditGranted(task)) {
      const result = await iterator.next();
      exhausted = result.done === true;
      if (exhausted || task.aborted) break;
      const position = task.sentItems;
      task.sentItems += 1;
      replyBytes += await sink.item(position, result.value);
      if (task.sentItems % ITEMS_PER_TURN === 0) await nextTurn();
    }
  } finally {
    if (!exhausted) await iterator.return?.();
  }
  if (!task.aborted) task.endItems(sink, task.sentItems);
  return { replyBytes, items: task.sentItems };
}

/** Resolves to true when an item may be sent, to false when none will be wanted any more. */
function creditGranted(task: Task): boolean | Promise<boolean> {
  if (task.aborted) return false;
  if (task.sentItems < task.grantedItems) return true;
  return new Promise(resolve => {
    const { signal } = task;
    const wake = (): void => {
      task.onGrant = undefined;
      signal.removeEventListener('abort', wake);
      resolve(!task.aborted);
    };
    task.onGrant = wake;
    signal.addEventListener('abort', wake, { once: true });
  });
}
