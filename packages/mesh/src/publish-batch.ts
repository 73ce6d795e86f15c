// SPDX-License-Identifier: Apache-2.0
//
// The client writes to its socket once a microtask, so under load nearly every message would cost a system call and
// wake the broker: a quarter of a busy node's time. So what a turn of the event loop publishes leaves together at its
// end. Only the first message of a turn that follows a quiet one leaves at once: a lone ask waits for nothing. In a
// busy time it waits too, for one that went ahead would break the batch apart at every station of its way and back.
//
// B1  Messages leave in the order they were published.
// B2  What has not left when the connection is lost is handed back, never dropped.

/** One message for the broker. */
export interface Publication {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly reply: string | undefined;
}

/** Gathers what is published within one turn of the event loop. */
export interface PublishBatch {
  publish(publication: Publication): void;
  /** Lets everything leave now. */
  flush(): void;
  /** Takes back what has not left. */
  takeBack(): readonly Publication[];
}

/** `leave` hands one message to the client; it must not throw. */
export function createPublishBatch(leave: (publication: Publication) => void): PublishBatch {
  let waiting: Publication[] = [];
  let turnIsOpen = false;
  let isBusy = false;
  const flush = (): void => {
    const leaving = waiting;
    waiting = [];
    for (const publication of leaving) leave(publication);
  };
  const endTurn = (): void => {
    turnIsOpen = false;
    isBusy = waiting.length > 1;
    flush();
  };
  return {
    publish: publication => {
      const isFirst = !turnIsOpen;
      if (isFirst) {
        turnIsOpen = true;
        setImmediate(endTurn);
      }
      if (isFirst && !isBusy) leave(publication);
      else waiting.push(publication);
    },
    flush,
    takeBack: () => {
      const back = waiting;
      waiting = [];
      return back;
    },
  };
}
