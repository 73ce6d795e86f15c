// SPDX-License-Identifier: Apache-2.0
import type { CrashKind } from '@aiflow/journal';
import { createSeededRandom, type Random } from '@aiflow/time';

/** A stretch of the hour, in milliseconds from its begin. */
export interface Stretch {
  readonly atMs: number;
  readonly forMs: number;
}

/** A question of a program on the device. */
export interface PlannedRequest {
  readonly id: string;
  readonly question: string;
  readonly atMs: number;
  readonly deadlineMs: number;
  /** Present for one who stays to hear the revision. */
  readonly revisionsUntilMs?: number;
  /** Goes once the request is accepted, and never comes back. */
  readonly isFleeting: boolean;
}

/** The end of a process, and how long its node is away. */
export interface PlannedKill extends Stretch {
  readonly kind: CrashKind;
  /** At so many operations of the node's disk after `atMs`, so in the midst of a commit; absent: at `atMs`. */
  readonly operations?: number;
}

/** The names of the nodes of an hour. */
export const HOUR_NODES = ['device-1', 'edge-1', 'cloud-1'] as const;
export type HourNode = (typeof HOUR_NODES)[number];

/** All that happens in an hour. */
export interface HourPlan {
  readonly seed: number;
  readonly durationMs: number;
  readonly requests: readonly PlannedRequest[];
  /** Of the device's uplink. */
  readonly cuts: readonly Stretch[];
  /** All links are down, and what was under way on them is lost. */
  readonly brokerRestarts: readonly Stretch[];
  readonly kills: Readonly<Record<HourNode, readonly PlannedKill[]>>;
}

const HOUR_MS = 3_600_000;
const REQUESTS = 200;
const CUTS = 20;
const KILLS = 5;
const BROKER_RESTARTS = 2;

/** Draws an hour; half of its requests come within seconds of a fault, as they would hardly meet one otherwise. */
export function planHour(seed: number): HourPlan {
  const random = createSeededRandom(seed).fork('plan');
  const cuts = many(CUTS, () => ({ atMs: timeIn(random), forMs: between(random, 1000, 60_000) }));
  const brokerRestarts = many(BROKER_RESTARTS, () => ({ atMs: timeIn(random), forMs: between(random, 1000, 5000) }));
  const device = many(KILLS, () => planKill(random, timeIn(random)));
  const moments = [...cuts, ...cuts.map(({ atMs, forMs }) => ({ atMs: atMs + forMs })), ...brokerRestarts, ...device];
  const requests = many(REQUESTS, at => planRequest(random, at, moments));
  const peers = () => many(KILLS, () => planKill(random, afterSome(random, cuts)));
  return {
    ...{ seed, durationMs: HOUR_MS, cuts, brokerRestarts },
    requests: [...requests].sort((one, other) => one.atMs - other.atMs),
    kills: {
      'device-1': inOrder(device.map(kill => meetRequest(random, kill, requests))),
      'edge-1': inOrder(peers()),
      'cloud-1': inOrder(peers()),
    },
  };
}

function planRequest(random: Random, at: number, moments: readonly { readonly atMs: number }[]): PlannedRequest {
  const deadlineMs = between(random, 2000, 10_000);
  const near = pick(random, moments).atMs + between(random, -4000, 1000);
  const atMs = random.below(2) === 0 ? timeIn(random) : Math.max(0, Math.min(HOUR_MS - 1, near));
  const stays = random.below(3) === 0 ? { revisionsUntilMs: deadlineMs + between(random, 0, 60_000) } : {};
  const question = `${at}?`;
  return { id: `r-${at}`, question, atMs, deadlineMs, ...stays, isFleeting: random.below(10) === 0 };
}

/** Half of them in a commit, two of five with the power. */
function planKill(random: Random, atMs: number): PlannedKill {
  const kind = random.below(5) < 2 ? 'power' : 'process';
  const commit = random.below(2) === 0 ? { operations: 1 + random.below(8) } : {};
  return { atMs, forMs: between(random, 1000, 20_000), kind, ...commit };
}

/** A kill in a commit comes when there is one. */
function meetRequest(random: Random, kill: PlannedKill, requests: readonly PlannedRequest[]): PlannedKill {
  return kill.operations === undefined ? kill : { ...kill, atMs: Math.max(0, pick(random, requests).atMs - 50) };
}

/** Any time, or when a cut just ended, as there is much to be done then. */
function afterSome(random: Random, cuts: readonly Stretch[]): number {
  const { atMs, forMs } = pick(random, cuts);
  return random.below(2) === 0 ? timeIn(random) : Math.min(HOUR_MS - 1, atMs + forMs + random.below(3000));
}

function inOrder(kills: readonly PlannedKill[]): readonly PlannedKill[] {
  return [...kills].sort((one, other) => one.atMs - other.atMs);
}

function many<T>(count: number, make: (at: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

function timeIn(random: Random): number {
  return random.below(HOUR_MS);
}

function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}
