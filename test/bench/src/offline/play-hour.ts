// SPDX-License-Identifier: Apache-2.0

import { sleep } from '@aiflow/time';
import { askInTime, type Told } from './hour-asker.ts';
import { HourFleet } from './hour-fleet.ts';
import type { HourMutant } from './hour-node.ts';
import { HOUR_NODES, type HourPlan, planHour } from './hour-plan.ts';
import { FAULT_LISTS, type HourReport, judgeHour, waitingItems } from './judge-hour.ts';

const CATCH_UP_MS = 600_000;
const LOOK_EVERY_MS = 1000;
const BOUNDS_EVERY_MS = 10_000;

/** Plays the hour of `seed`, lets it catch up for at most ten minutes, and judges it. The same seed gives the same report. */
export async function playHour(seed: number, mutant: HourMutant = {}): Promise<HourReport> {
  const plan = planHour(seed);
  const fleet = new HourFleet(seed, mutant);
  const { clock } = fleet;
  await clock.runUntilSettled(fleet.begin());
  const programs = plan.requests.map(request => askInTime(fleet, request));
  const killing = scheduleFaults(fleet, plan);
  for (let ms = 0; ms < plan.durationMs; ms += BOUNDS_EVERY_MS) {
    await clock.advance(BOUNDS_EVERY_MS);
    fleet.noteBounds();
  }
  await clock.runUntilSettled(killing);
  while (!fleet.links.areUp) await clock.advance(LOOK_EVERY_MS);
  const catchUpMs = await catchUp(fleet, programs);
  const report = judgeHour(fleet, programs, { seed, catchUpMs });
  await fleet.stop();
  return report;
}

/** What was wrong in an hour, and how to see it again; empty where nothing was. */
export function describeFaults(report: HourReport): readonly string[] {
  const found = FAULT_LISTS.flatMap(list => report[list].map(why => `${list}: ${why}`));
  if (found.length === 0) return [];
  return [`seed ${report.seed}; again: HOUR_SEED=${report.seed} npx vitest run test/bench/src/offline`, ...found];
}

/** Resolves when the last kill is over. */
async function scheduleFaults(fleet: HourFleet, plan: HourPlan): Promise<void> {
  const { clock } = fleet;
  for (const { atMs, forMs } of plan.cuts) {
    clock.setTimer(atMs, () => fleet.links.down('device-1', ['edge-1', 'cloud-1'], forMs));
  }
  for (const { atMs, forMs } of plan.brokerRestarts) clock.setTimer(atMs, () => void fleet.brokerRestarts(forMs));
  const beganMs = clock.nowMs();
  await Promise.all(
    HOUR_NODES.map(async node => {
      for (const kill of plan.kills[node]) {
        await sleep(clock, Math.max(0, beganMs + kill.atMs - clock.nowMs()));
        await fleet.kill(node, kill);
      }
    }),
  );
}

/** How long it took until nothing was owed; the whole time where something still is. */
async function catchUp(fleet: HourFleet, programs: readonly Told[]): Promise<number> {
  const beganMs = fleet.clock.nowMs();
  const passedMs = (): number => fleet.clock.nowMs() - beganMs;
  while (passedMs() < CATCH_UP_MS && !isAllDone(fleet, programs)) await fleet.clock.advance(LOOK_EVERY_MS);
  return passedMs();
}

function isAllDone(fleet: HourFleet, programs: readonly Told[]): boolean {
  if (waitingItems(fleet).size > 0 || programs.some(({ isOver }) => !isOver)) return false;
  if (HOUR_NODES.some(node => (fleet.life(node)?.finisher.jobs ?? 0) > 0)) return false;
  return [...fleet.ledger.requests.values()].every(
    ({ record: { state } }) => state !== 'accepted' && state !== 'alone',
  );
}
