// SPDX-License-Identifier: Apache-2.0
import type { Clock, Random } from '@aiflow/time';
import type { LinkFaults } from './link-faults.ts';

const NO_FAULTS: Required<LinkFaults> = { delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0, reorderMs: 10 };

/** Counts of a memory network, in messages. */
export interface LaneCounters {
  lost: number;
  duplicated: number;
  reordered: number;
  inFlight: number;
}

/** The messages of one sender and delivery class on their way to one receiver. */
export interface MemoryLane {
  /** Takes a message along; `arrive` is called once for each copy that gets through, never before this returns. */
  carry(faults: LinkFaults, arrive: () => void): void;
}

interface Parcel {
  readonly dueMs: number;
  readonly arrive: () => void;
}

interface Fate {
  readonly lost: boolean;
  readonly doubled: boolean;
  readonly heldBack: boolean;
  readonly delayMs: number;
  readonly lateMs: number;
}

/** An idle lane. */
export function createMemoryLane(clock: Clock, random: Random, counters: LaneCounters): MemoryLane {
  const queue: Parcel[] = [];
  let waiting = false;
  let lastDueMs = 0;

  const arriveAll = (): void => {
    waiting = false;
    while (queue[0] !== undefined && queue[0].dueMs <= clock.nowMs()) {
      counters.inFlight -= 1;
      queue.shift()?.arrive();
    }
    waitForHead();
  };
  const waitForHead = (): void => {
    if (waiting || queue[0] === undefined) return;
    waiting = true;
    const delayMs = queue[0].dueMs - clock.nowMs();
    if (delayMs > 0) clock.setTimer(delayMs, arriveAll);
    else queueMicrotask(arriveAll);
  };
  const inOrder = (delayMs: number, arrive: () => void): void => {
    lastDueMs = Math.max(lastDueMs, clock.nowMs() + delayMs);
    counters.inFlight += 1;
    queue.push({ dueMs: lastDueMs, arrive });
    waitForHead();
  };
  const outOfOrder = (delayMs: number, arrive: () => void): void => {
    counters.inFlight += 1;
    clock.setTimer(delayMs, () => {
      counters.inFlight -= 1;
      arrive();
    });
  };

  return {
    carry: (faults, arrive) => {
      const fate = drawFate({ ...NO_FAULTS, ...faults }, random);
      if (fate.lost) {
        counters.lost += 1;
        return;
      }
      if (fate.doubled) {
        counters.duplicated += 1;
        outOfOrder(fate.lateMs, arrive);
      }
      if (!fate.heldBack) {
        inOrder(fate.delayMs, arrive);
        return;
      }
      counters.reordered += 1;
      outOfOrder(fate.lateMs, arrive);
    },
  };
}

/** Always five draws, so that the rate of one fault does not shift the draws of the others. */
function drawFate(faults: Required<LinkFaults>, random: Random): Fate {
  const lost = random.next() < faults.loss;
  const doubled = random.next() < faults.duplicate;
  const heldBack = random.next() < faults.reorder;
  const delayMs = faults.delayMs + faults.jitterMs * random.next();
  const lateMs = delayMs + faults.reorderMs * random.next();
  return { lost, doubled, heldBack, delayMs, lateMs };
}
