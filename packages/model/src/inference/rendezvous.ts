// SPDX-License-Identifier: Apache-2.0
//
// Lets pieces of code that run side by side, each as if it were alone, have their requests served together.
//
// V1  Nothing is served while a member is neither waiting nor gone: it may be about to ask for what goes along.
// V2  `choose` says which of the waiting requests go first, one at least; the others wait on. So each round brings some
//     member forward, and all of them end.
// V3  A request that fails fails its own member alone.

/** One of those who wait for each other. */
export interface Member<Item, Answer> {
  /** Waits until the item is served. One at a time. */
  ask(item: Item): Promise<Answer>;
  /** The others wait for this member no more. Must be called in every case. */
  leave(): void;
}

/** How items are picked and served. */
export interface RendezvousService<Item, Answer> {
  /** Of those that wait; not empty. */
  choose(waiting: readonly Item[]): readonly Item[];
  /** One outcome for each item, in order. */
  serve(items: readonly Item[]): Promise<readonly PromiseSettledResult<Answer>[]>;
}

/** Hands out members, as many as were said. */
export interface Rendezvous<Item, Answer> {
  join(): Member<Item, Answer>;
}

/** A rendezvous of so many members. All of them must join. */
export function createRendezvous<Item, Answer>(
  members: number,
  service: RendezvousService<Item, Answer>,
): Rendezvous<Item, Answer> {
  const waiting = new Map<Item, { resolve(answer: Answer): void; reject(reason: unknown): void }>();
  let present = members;

  const settle = (item: Item, outcome: PromiseSettledResult<Answer>): void => {
    const asker = waiting.get(item);
    waiting.delete(item);
    if (outcome.status === 'fulfilled') asker?.resolve(outcome.value);
    else asker?.reject(outcome.reason);
  };
  const serve = async (): Promise<void> => {
    const items = service.choose([...waiting.keys()]);
    const outcomes = await service.serve(items).catch((reason: unknown) => items.map(() => rejected(reason)));
    items.forEach((item, index) => {
      settle(item, outcomes[index] ?? rejected(new Error('V3: an item has no outcome')));
    });
  };
  /** V1: whoever was served is neither waiting nor gone, so two rounds never overlap. */
  const go = (): void => {
    if (present > 0 && waiting.size === present) void serve();
  };
  return {
    join: () => ({
      ask: item =>
        new Promise((resolve, reject) => {
          waiting.set(item, { resolve, reject });
          go();
        }),
      leave: () => {
        present--;
        go();
      },
    }),
  };
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}
