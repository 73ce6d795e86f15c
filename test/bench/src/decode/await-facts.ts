// SPDX-License-Identifier: Apache-2.0
import type { Fleet, FleetNode } from '@aiflow/node';
import type { ExitCost } from '@aiflow/placement';
import { createSystemClock, sleep } from '@aiflow/time';
import type { MeasuredCosts } from './predict-cell.ts';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 250;
/** Nodes state what they have measured so far: a figure counts once it has stood so long. */
const STANDS_MS = 4_000;
const CALM_MS = 10_000;

/** What the nodes state of their costs, once each has measured them all. Throws after 60 s. */
export function awaitCosts(client: Fleet, signal: AbortSignal): Promise<MeasuredCosts> {
  return awaitStanding('the costs of every node', signal, () => {
    const [device, edge, cloud] = ['device', 'edge', 'cloud'].map(tier =>
      costsOf(client.nodes().find(node => node.tier === tier)),
    );
    return device === undefined || edge === undefined || cloud === undefined ? undefined : { device, edge, cloud };
  });
}

/**
 * The shortest of what the device's probes to the cloud took in 10 s, in milliseconds; for a link without a delay.
 * Probes are smoothed, and the first met nodes that were starting.
 */
export async function measureCalmRoundTrip(client: Fleet, signal: AbortSignal): Promise<number> {
  const clock = createSystemClock({ keepAlive: true });
  const untilMs = clock.nowMs() + CALM_MS;
  let leastMs = Infinity;
  while (clock.nowMs() < untilMs) {
    const device = client.nodes().find(({ tier }) => tier === 'device');
    const rttMs = device?.links.find(({ peer }) => peer === 'cloud-1')?.rttMs ?? 0;
    if (rttMs > 0) leastMs = Math.min(leastMs, rttMs);
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
  if (leastMs === Infinity) throw new Error('the device measured no round trip to the cloud');
  return leastMs;
}

function costsOf(node: FleetNode | undefined): readonly ExitCost[] | undefined {
  const costs = (node?.families ?? []).flatMap(({ exitCosts }) => exitCosts);
  if (costs.length === 0) return undefined;
  return costs.map(({ exit, stepMs, prefillTokenMs, verify }) => ({
    ...{ exit, format: 'fp32', stepMs },
    ...(verify.length === 0 ? {} : { verify }),
    ...(prefillTokenMs === undefined ? {} : { prefillTokenMs }),
  }));
}

async function awaitStanding<T>(what: string, signal: AbortSignal, look: () => T | undefined): Promise<T> {
  const clock = createSystemClock({ keepAlive: true });
  const untilMs = clock.nowMs() + LIMIT_MS;
  let seen = '';
  let sinceMs = clock.nowMs();
  while (clock.nowMs() < untilMs) {
    const fact = look();
    const text = JSON.stringify(fact) ?? '';
    if (text !== seen) [seen, sinceMs] = [text, clock.nowMs()];
    if (fact !== undefined && clock.nowMs() - sinceMs >= STANDS_MS) return fact;
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
  throw new Error(`waited ${LIMIT_MS} ms for ${what}`);
}
