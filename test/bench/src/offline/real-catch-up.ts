// SPDX-License-Identifier: Apache-2.0
//
// How fast a device catches up when it leaves a tunnel, and what that costs those who speak with it meanwhile.
import { sleep } from '@aiflow/time';
import { askAll, type PlannedRequest } from './real-askers.ts';
import { type LiveFigures, startLiveAsks } from './real-live-asks.ts';
import { LINK_BYTES_PER_SECOND, TUNNEL } from './real-rows.ts';
import type { TunnelRun } from './real-run.ts';
import { awaitSettled, doorOf, enterByDoor } from './real-settled.ts';

const ASKERS = 4;

/** Live asks alone, beside questions with the link whole, and beside the catching up with as many. */
export async function catchUp(run: TunnelRun): Promise<void> {
  const { fleet, rounds, plan, context } = run;
  await fleet.healed();
  const calm = startLiveAsks(fleet.client, fleet.owner, fleet.clock);
  await sleep(fleet.clock, plan.calmMs, context.signal);
  note(run, 'calm', await calm.stop());
  const busy = startLiveAsks(fleet.client, fleet.owner, fleet.clock);
  await askBacklog(run, 'whole');
  note(run, 'busy', await busy.stop());
  const { tookMs, bytes, live } = await catchUpAfterCut(run);
  note(run, 'during', live);
  rounds.add(TUNNEL.reachable, live.silentMs / 1000);
  rounds.add(TUNNEL.caughtUp, tookMs / 1000);
  rounds.add(TUNNEL.carried, bytes / LINK_BYTES_PER_SECOND);
}

interface CaughtUp {
  readonly tookMs: number;
  /** That the link carried meanwhile, the busier way. */
  readonly bytes: number;
  readonly live: LiveFigures;
}

async function catchUpAfterCut(run: TunnelRun): Promise<CaughtUp> {
  const { fleet, context } = run;
  const { clock, client, owner } = fleet;
  const link = fleet.running.links.of(owner);
  if (link === undefined) throw new Error(`${owner} has no emulated link`);
  link.cut('silence');
  const ids = await askBacklog(run, 'tunnel');
  link.heal();
  const before = link.counters;
  const live = startLiveAsks(client, owner, clock);
  await using program = await enterByDoor(fleet, context.signal);
  const { tookMs, open } = await awaitSettled({ fleet, program, clock, signal: context.signal }, ids);
  context.progress(`caught up with ${ids.length - open.length} of ${ids.length} in ${(tookMs / 1000).toFixed(1)} s`);
  const { up, down } = link.counters;
  const bytes = Math.max(up.bytesOut - before.up.bytesOut, down.bytesOut - before.down.bytesOut);
  return { tookMs, bytes, live: await live.stop() };
}

async function askBacklog({ fleet, plan, questions, context }: TunnelRun, name: string): Promise<readonly string[]> {
  const requests = Array.from({ length: plan.backlog }, (_, index): PlannedRequest => {
    const asked = questions[index % questions.length];
    if (asked === undefined) throw new Error('no question to ask');
    return { id: `${name}-${index}`, asked, atMs: 0 };
  });
  const { signal, progress } = context;
  const parts = { node: fleet.owner, socket: doorOf(fleet), clock: fleet.clock, signal, progress };
  await askAll(parts, requests, ASKERS);
  return requests.map(({ id }) => id);
}

function note({ rounds, context }: TunnelRun, when: 'calm' | 'busy' | 'during', { p99Ms, count }: LiveFigures): void {
  rounds.add(TUNNEL[when], p99Ms);
  context.progress(`${when}: ${count} live asks, p99 ${p99Ms.toFixed(1)} ms`);
}
