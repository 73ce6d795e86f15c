// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';

/** Works through `items` in `lanes` at once, each with a resource of its own, which it opens first and disposes of last. */
export async function workInLanes<Item, Resource extends AsyncDisposable>(
  items: readonly Item[],
  {
    lanes,
    open,
    signal,
  }: { readonly lanes: number; readonly open: () => Promise<Resource>; readonly signal: AbortSignal },
  work: (resource: Resource, item: Item) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = items.values(); // shared: each lane takes the next
  const lane = async (): Promise<void> => {
    try {
      await using resource = await open();
      for (const item of queue) {
        if (either.aborted) return;
        await work(resource, item);
      }
    } catch (error) {
      stop.abort();
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane));
  signal.throwIfAborted();
  const failed = ends.find(end => end.status === 'rejected');
  if (failed !== undefined) throw AiflowError.from(failed.reason);
}
