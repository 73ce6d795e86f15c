// SPDX-License-Identifier: Apache-2.0
import type { Played } from './play-schedule.ts';
import type { FaultKind, Schedule } from './schedule.ts';

/** How often a fault met something. */
export interface FaultCount {
  readonly schedules: number;
  /** Messages, nodes or drafts, by the kind of fault. */
  readonly times: number;
}

/** What many runs came to. */
export interface TallyReport {
  readonly played: number;
  readonly disturbed: number;
  readonly sessions: number;
  readonly hits: Readonly<Partial<Record<FaultKind, FaultCount>>>;
  /** Schedules by how they decoded. */
  readonly ways: Readonly<Record<string, number>>;
  /** Sessions by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
}

/** Counts runs. */
export interface Tally {
  /** Runs in which at least one fault met something. */
  readonly disturbed: number;
  note(played: Played): void;
  report(): TallyReport;
}

/** A tally at zero. */
export function createTally(): Tally {
  const hits: Partial<Record<FaultKind, FaultCount>> = {};
  const ways: Record<string, number> = {};
  const ends: Record<string, number> = {};
  const sums = { played: 0, disturbed: 0, sessions: 0 };
  return {
    get disturbed() {
      return sums.disturbed;
    },
    note: ({ schedule, sessions, hits: met }) => {
      sums.played += 1;
      sums.sessions += sessions.length;
      if (met.size > 0) sums.disturbed += 1;
      for (const [kind, times] of met) {
        const past = hits[kind] ?? { schedules: 0, times: 0 };
        hits[kind] = { schedules: past.schedules + 1, times: past.times + times };
      }
      for (const way of waysOf(schedule)) ways[way] = (ways[way] ?? 0) + 1;
      for (const { result, error } of sessions) {
        const end = error?.code ?? `${result?.outcome}${result?.exact === true ? ', exact' : ''}`;
        ends[end] = (ends[end] ?? 0) + 1;
      }
    },
    report: () => ({ ...sums, hits, ways, ends }),
  };
}

function waysOf({ dueMs, driver, tiers, samplingSeed, pull, window, sessions, batching }: Schedule): readonly string[] {
  return [
    driver,
    `${tiers} tiers`,
    samplingSeed === undefined ? 'greedy' : 'sampled',
    pull > 0 ? 'pull' : 'drafting',
    `window ${window}`,
    `${sessions} at once`,
    ...(batching ? ['batched'] : []),
    ...(dueMs === undefined ? [] : ['revised after a deadline']),
  ];
}
