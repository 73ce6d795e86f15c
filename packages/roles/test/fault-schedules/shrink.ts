// SPDX-License-Identifier: Apache-2.0
import { type Schedule, simpler } from './schedule.ts';

const MAX_TRIES = 150;

/** A schedule as simple as can be found soon for which `fails` still holds. */
export async function shrink(schedule: Schedule, fails: (one: Schedule) => Promise<boolean>): Promise<Schedule> {
  let least = schedule;
  let tries = 0;
  let candidates = [...simpler(least)];
  for (let next = candidates.shift(); next !== undefined && tries < MAX_TRIES; next = candidates.shift()) {
    tries += 1;
    if (!(await fails(next))) continue;
    least = next;
    candidates = [...simpler(least)];
  }
  return least;
}
