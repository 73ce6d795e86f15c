// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connect, type Fleet } from '@aiflow/node';
import { listOutbox, OUTBOX_ACTOR } from '@aiflow/outbox';
import { type Clock, sleep } from '@aiflow/time';
import type { AnsweringFleet } from '../answers/answering-fleet.ts';
import { readStatus } from './real-askers.ts';

const POLL_MS = 100;
const LIMIT_MS = 180_000;
const SETTLED = ['answered', 'revised', 'failed'];

/** Enters by the door of the node that is asked. */
export function enterByDoor(fleet: AnsweringFleet, signal: AbortSignal): Promise<Fleet> {
  return connect({ socket: doorOf(fleet), clock: fleet.clock, signal, timeoutMs: 10_000 });
}

/** The socket of that door. */
export function doorOf({ running, owner }: AnsweringFleet): string {
  const socket = running.processes.find(({ node }) => node === owner)?.doorSocket;
  if (socket === undefined) throw new Error(`${owner} has no door`);
  return socket;
}

/** What is still open when nothing more is waited for. */
export interface Settlement {
  readonly tookMs: number;
  /** Requests that are not settled. */
  readonly open: readonly string[];
  /** Items that wait, of all nodes. */
  readonly waiting: number;
}

/** Waits until every request of `ids` is settled and no node owes another anything, or three minutes. */
export async function awaitSettled(
  { fleet, program, clock, signal }: SettlingParts,
  ids: readonly string[],
): Promise<Settlement> {
  const beganMs = clock.nowMs();
  let open = ids;
  for (;;) {
    const states = await Promise.all(
      open.map(async id => ({ id, status: await readStatus(program, fleet.owner, id) })),
    );
    open = states.filter(({ status }) => status !== undefined && !SETTLED.includes(status.state)).map(({ id }) => id);
    const waiting = open.length > 0 ? Number.NaN : await countWaiting(fleet);
    const tookMs = clock.nowMs() - beganMs;
    if (waiting === 0) return { tookMs, open, waiting };
    if (tookMs > LIMIT_MS) return { tookMs, open, waiting: await countWaiting(fleet) };
    await sleep(clock, POLL_MS, signal);
  }
}

interface SettlingParts {
  readonly fleet: AnsweringFleet;
  /** By the door. */
  readonly program: Fleet;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function countWaiting({ client, nodes }: AnsweringFleet): Promise<number> {
  const counts = await Promise.all(
    nodes.map(async node => {
      const listing = client.ask({ node, actor: OUTBOX_ACTOR }, listOutbox, { limit: 1 }, { timeoutMs: 5000 });
      return listing.then(
        ({ count }) => count,
        () => Number.NaN, // can't be reached yet
      );
    }),
  );
  return counts.reduce((total, count) => total + count, 0);
}

/** Bytes of the files in a node's folder. */
export async function diskBytesOf({ running }: AnsweringFleet, node: string): Promise<number> {
  const file = running.processes.find(info => info.node === node)?.configFile ?? '';
  const folder = dirname(file);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(async entry => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}
