// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';
import type { HourReport } from './judge-hour.ts';

/** A row, and what it is of all hours that were played. */
export interface HourRow {
  readonly plan: RowPlan;
  readonly of: (reports: readonly HourReport[]) => number;
}

type CountedList = 'missed' | 'failed' | 'never' | 'wrong' | 'doubled' | 'lost' | 'takenBack' | 'beyondBounds';

const none = (metric: string, list: CountedList): HourRow => ({
  plan: { metric: `virtual hours: ${metric}`, unit: 'count', aim: { of: 'value', atMost: 0 } },
  of: reports => sum(reports.map(report => report[list].length)),
});

const shown = (metric: string, unit: string, of: HourRow['of']): HourRow => ({
  plan: { metric: `virtual hours: ${metric}`, unit },
  of,
});

/** What hours in virtual time should come to. */
export const HOUR_ROWS: readonly HourRow[] = [
  shown('hours', 'count', reports => reports.length),
  shown('requests', 'count', reports => sum(reports.map(({ requests }) => requests))),
  {
    plan: { metric: 'virtual hours: answered', unit: '%', aim: { of: 'value', atLeast: 100 } },
    of: reports =>
      (100 * sum(reports.map(({ inTime, late, missed }) => inTime + late + missed.length))) /
      sum(reports.map(({ requests }) => requests)),
  },
  shown('answered late, the device was down', 'count', reports => sum(reports.map(({ late }) => late))),
  none('answered late, the device was up', 'missed'),
  none('failed', 'failed'),
  none('never answered', 'never'),
  none('wrong', 'wrong'),
  none('doubled', 'doubled'),
  none('lost', 'lost'),
  none('committed words taken back', 'takenBack'),
  shown('committed words taken back by a kill of the device', 'count', reports =>
    sum(reports.map(({ takenBackByKills }) => takenBackByKills.length)),
  ),
  none('bounds of disk and queue broken', 'beyondBounds'),
  shown('answered alone first, finished by others', 'count', reports => sum(reports.map(({ revised }) => revised))),
  shown(
    'longest wait for a revision',
    's',
    reports => most(reports.map(({ longestAwaitMs }) => longestAwaitMs)) / 1000,
  ),
  shown(
    'longest catch-up after the last fault',
    's',
    reports => most(reports.map(({ catchUpMs }) => catchUpMs)) / 1000,
  ),
  shown('kills in the midst of a commit', 'count', reports => sum(reports.map(({ killsInCommits }) => killsInCommits))),
  shown('most items that waited at once', 'count', reports => most(reports.map(({ maxItems }) => maxItems))),
  shown('most of a disk', 'KiB', reports => most(reports.map(({ maxDiskBytes }) => maxDiskBytes)) / 1024),
];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function most(values: readonly number[]): number {
  return Math.max(0, ...values);
}
