// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';

/** How much of everything a run has. Cuts are shortened from the 1 to 60 s of the virtual hour. */
export interface TunnelPlan {
  readonly requests: number;
  readonly questions: number;
  readonly cuts: number;
  readonly cutMs: readonly [number, number];
  readonly gapMs: readonly [number, number];
  /** Of each node. */
  readonly kills: number;
  readonly brokerRestarts: number;
  /** Answers that the device owes its askers when it leaves the last tunnel. */
  readonly backlog: number;
  readonly calmMs: number;
}

export const FULL_PLAN: TunnelPlan = {
  ...{ requests: 200, questions: 25, cuts: 20, cutMs: [1000, 20_000], gapMs: [2000, 15_000] },
  ...{ kills: 5, brokerRestarts: 2, backlog: 20, calmMs: 20_000 },
};
export const QUICK_PLAN: TunnelPlan = {
  ...{ requests: 20, questions: 4, cuts: 3, cutMs: [1000, 5000], gapMs: [1000, 5000] },
  ...{ kills: 1, brokerRestarts: 1, backlog: 4, calmMs: 3000 },
};

/** Of the device's link, each way: 1 Mbit/s. */
export const LINK_BYTES_PER_SECOND = 125_000;
export const LINK_DELAY_MS = 10;
/** Of every request. */
export const DEADLINE_MS = 5000;
/** What a door and a busy machine may take on top, before an answer counts as late. */
export const GRACE_MS = 500;

/** What is counted and timed. */
export const TUNNEL = {
  asked: 'requests journalled by the device',
  inTime: 'answered by the deadline',
  late: 'answered late, after a restart of the device',
  lateAlone: 'answered late without a restart',
  failed: 'failed',
  unanswered: 'never answered',
  wrong: 'wrong: not what the exits that had the last word say, or inexact without a reason',
  doubled: 'doubled: an answer that stood and was another later',
  lost: 'lost: accepted and forgotten, or without its revision at the end',
  waiting: 'items that wait anywhere at the end',
  alone: 'answered alone first, and finished by others',
  exact: 'share with the last word of the cloud at the end',
  settled: 'from the end of the last fault until all is caught up',
  reachable: 'from the end of a cut until the device is heard over its link again',
  caughtUp: 'catching up with a backlog, from the end of the cut',
  carried: 'the bytes of that at the rate of the link',
  calm: 'p99 of a live ask over the link, calm',
  busy: 'p99 of a live ask over the link while the same is asked with the link whole',
  during: 'p99 of a live ask over the link while a backlog is caught up with',
  resident: 'resident memory of the device and its model at the end',
  disk: 'disk taken by the device at the end',
} as const;

const NONE = { of: 'value', atMost: 0 } as const;
const MEBIBYTE = 1024 * 1024;

/** What the case `tunnel` promises. */
export const tunnelRows: readonly RowPlan[] = [
  { metric: TUNNEL.asked, unit: 'count' },
  { metric: TUNNEL.inTime, unit: 'count' },
  { metric: TUNNEL.late, unit: 'count' },
  { metric: TUNNEL.lateAlone, unit: 'count', aim: NONE },
  { metric: TUNNEL.failed, unit: 'count', aim: NONE },
  { metric: TUNNEL.unanswered, unit: 'count', aim: NONE },
  { metric: TUNNEL.wrong, unit: 'count', aim: NONE },
  { metric: TUNNEL.doubled, unit: 'count', aim: NONE },
  { metric: TUNNEL.lost, unit: 'count', aim: NONE },
  { metric: TUNNEL.waiting, unit: 'count', aim: NONE },
  { metric: TUNNEL.alone, unit: 'count' },
  { metric: TUNNEL.exact, unit: 'share' },
  { metric: TUNNEL.settled, unit: 's', aim: { of: 'value', atMost: 90 } },
  { metric: TUNNEL.reachable, unit: 's' },
  { metric: TUNNEL.carried, unit: 's' },
  { metric: TUNNEL.caughtUp, unit: 's', baseline: TUNNEL.carried },
  { metric: TUNNEL.calm, unit: 'ms' },
  { metric: TUNNEL.busy, unit: 'ms', baseline: TUNNEL.calm },
  { metric: TUNNEL.during, unit: 'ms', baseline: TUNNEL.calm, aim: { of: 'ratio', atMost: 1.5 } },
  { metric: TUNNEL.resident, unit: 'MiB', aim: { of: 'value', atMost: 1024 } },
  { metric: TUNNEL.disk, unit: 'MiB', aim: { of: 'value', atMost: 96 } },
];

export const toMebibytes = (bytes: number): number => bytes / MEBIBYTE;
