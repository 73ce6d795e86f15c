// SPDX-License-Identifier: Apache-2.0
import type { BenchCase } from '../harness/bench-case.ts';
import { createRoundCollector } from '../harness/collect-rounds.ts';
import { HOUR_ROWS } from './hour-rows.ts';
import { playHours } from './play-hours.ts';

const FULL_HOURS = 1000;
const QUICK_HOURS = 4;

/** Whether requests, items and revisions survive hours of cuts and kills, on virtual time. */
export const offlineCase: BenchCase = {
  name: 'offline',
  title: 'hours in virtual time: 200 requests, 20 cuts, 15 kills, 2 broker restarts each; every answer judged',
  rows: HOUR_ROWS.map(({ plan }) => plan),
  run: async ({ quick, progress, signal }) => {
    const rounds = createRoundCollector();
    const hours = Number(process.env.OFFLINE_HOURS ?? (quick ? QUICK_HOURS : FULL_HOURS));
    const reports = await playHours({ firstSeed: 1, hours, progress, signal });
    for (const { plan, of } of HOUR_ROWS) rounds.add(plan.metric, of(reports));
    return rounds.measurements;
  },
};
