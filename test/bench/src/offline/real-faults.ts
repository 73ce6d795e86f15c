// SPDX-License-Identifier: Apache-2.0
//
// What befalls a real fleet: a plan that is drawn beforehand, and its execution. Times follow the seed, where they strike
// does not.
import type { LinkCut } from '@aiflow/lab';
import { type Clock, type Random, sleep } from '@aiflow/time';
import type { AnsweringFleet } from '../answers/answering-fleet.ts';
import type { TunnelPlan } from './real-rows.ts';

const HOW: readonly LinkCut[] = ['silence', 'reset', 'stall'];
const BROKER_DOWN_MS = 1000;
const MOST_DOWN_MS = 5000;

/** A cut of the device's link. */
export interface PlannedCut {
  readonly atMs: number;
  readonly forMs: number;
  readonly how: LinkCut;
}

/** A kill of a node, or of the broker. */
export interface PlannedKill {
  readonly atMs: number;
  readonly downMs: number;
}

/** Everything that happens, in milliseconds from the begin. */
export interface PlannedFaults {
  readonly wholeMs: number;
  readonly cuts: readonly PlannedCut[];
  readonly kills: ReadonlyMap<string, readonly PlannedKill[]>;
  readonly brokerKills: readonly PlannedKill[];
}

/** Draws cuts one after the other, and kills at any time meanwhile: half of them restarted at once. */
export function planFaults(plan: TunnelPlan, nodes: readonly string[], random: Random): PlannedFaults {
  const within = ([least, most]: readonly [number, number]): number => least + random.next() * (most - least);
  let wholeMs = 0;
  const cuts = Array.from({ length: plan.cuts }, (): PlannedCut => {
    const atMs = wholeMs + within(plan.gapMs);
    const forMs = within(plan.cutMs);
    wholeMs = atMs + forMs;
    return { atMs, forMs, how: HOW[random.below(HOW.length)] ?? 'silence' };
  });
  const kills = (count: number, downMs: () => number): readonly PlannedKill[] =>
    Array.from({ length: count }, () => ({ atMs: random.next() * wholeMs, downMs: downMs() })).sort(
      (one, other) => one.atMs - other.atMs,
    );
  const down = (): number => (random.next() < 0.5 ? 0 : random.next() * MOST_DOWN_MS);
  return {
    wholeMs,
    cuts,
    kills: new Map(nodes.map(node => [node, kills(plan.kills, down)])),
    brokerKills: kills(plan.brokerRestarts, () => BROKER_DOWN_MS),
  };
}

/** With what faults are brought about. */
export interface FaultParts {
  readonly fleet: AnsweringFleet;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
  /** Hears of every kill, when it happens. */
  readonly onKill: (node: string) => void;
}

/** Does as planned; resolves when the link is whole and everybody runs again. */
export async function bringAbout(faults: PlannedFaults, parts: FaultParts): Promise<void> {
  const beganMs = parts.clock.nowMs();
  const until = (atMs: number): Promise<void> =>
    sleep(parts.clock, Math.max(0, beganMs + atMs - parts.clock.nowMs()), parts.signal);
  const nodes = [...faults.kills].map(([node, kills]) => killNode(parts, node, kills, until));
  await Promise.all([cutLink(parts, faults.cuts, until), killBroker(parts, faults.brokerKills, until), ...nodes]);
}

type Until = (atMs: number) => Promise<void>;

async function cutLink(
  { fleet, clock, signal, progress }: FaultParts,
  cuts: readonly PlannedCut[],
  until: Until,
): Promise<void> {
  const link = fleet.running.links.of(fleet.owner);
  if (link === undefined) throw new Error(`${fleet.owner} has no emulated link`);
  try {
    for (const { atMs, forMs, how } of cuts) {
      await until(atMs);
      progress(`${how} for ${(forMs / 1000).toFixed(1)} s`);
      link.cut(how);
      await sleep(clock, forMs, signal);
      link.heal();
    }
  } finally {
    link.heal();
  }
}

async function killNode(
  { fleet, clock, signal, progress, onKill }: FaultParts,
  node: string,
  kills: readonly PlannedKill[],
  until: Until,
): Promise<void> {
  for (const { atMs, downMs } of kills) {
    await until(atMs);
    progress(`${node} killed for ${(downMs / 1000).toFixed(1)} s`);
    fleet.kill(node);
    onKill(node);
    await sleep(clock, downMs, signal);
    await fleet.revive(node);
  }
}

async function killBroker(
  { fleet, clock, signal, progress }: FaultParts,
  kills: readonly PlannedKill[],
  until: Until,
): Promise<void> {
  for (const { atMs, downMs } of kills) {
    await until(atMs);
    progress('broker killed');
    await fleet.killBroker();
    await sleep(clock, downMs, signal);
    await fleet.restartBroker();
  }
}
