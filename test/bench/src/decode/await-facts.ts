// SPDX-License-Identifier: Apache-2.0
import type { Fleet, FleetNode } from '@aiflow/node';
import type { ExitCost } from '@aiflow/placement';
import { createSystemClock, sleep } from '@aiflow/time';
import type { MeasuredCosts } from './predict-cell.ts';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 250;

/** What the nodes state of their costs, once each has measured them. Throws after 60 s. */
export function awaitCosts(client: Fleet, signal: AbortSignal): Promise<MeasuredCosts> {
  return awaitFact('the costs of every node', signal, () => {
    const [device, edge, cloud] = ['device', 'edge', 'cloud'].map(tier =>
      costsOf(client.nodes().find(node => node.tier === tier)),
    );
    return device === undefined || edge === undefined || cloud === undefined ? undefined : { device, edge, cloud };
  });
}

/** What the device's probes to the cloud take, in milliseconds, while the link has neither delay nor limit. Throws after 60 s. */
export function awaitCalmRoundTrip(client: Fleet, signal: AbortSignal): Promise<number> {
  return awaitFact("the device's round trip to the cloud", signal, () => {
    const device = client.nodes().find(({ tier }) => tier === 'device');
    return device?.links.find(({ peer, rttMs }) => peer === 'cloud-1' && rttMs > 0)?.rttMs;
  });
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

async function awaitFact<T>(what: string, signal: AbortSignal, look: () => T | undefined): Promise<T> {
  const clock = createSystemClock({ keepAlive: true });
  const untilMs = clock.nowMs() + LIMIT_MS;
  for (let fact = look(); ; fact = look()) {
    if (fact !== undefined) return fact;
    if (clock.nowMs() > untilMs) throw new Error(`waited ${LIMIT_MS} ms for ${what}`);
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}
