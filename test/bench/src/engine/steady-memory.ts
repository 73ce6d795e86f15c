// SPDX-License-Identifier: Apache-2.0
import type { ExitPolicy, HostedEngine } from '@aiflow/model';
import { median } from '../harness/statistics.ts';

/** What a host takes early and late in its life. */
export interface SteadyMemory {
  /** Median over the second tenth of the requests: caches are full by then. */
  readonly earlyBytes: number;
  /** Median over the last tenth. */
  readonly lateBytes: number;
}

/** How many requests, over which two exits. */
export interface MemoryPlan {
  readonly requests: number;
  readonly shallow: number;
  readonly deep: number;
  readonly vocabulary: number;
}

/**
 * Resident memory of a host over many requests of a node's everyday mix: a session of its own each, of changing length,
 * drafts by exit and by policy, a verified block, now and then a relay; every other session is left open.
 */
export async function measureSteadyMemory(engine: HostedEngine, plan: MemoryPlan): Promise<SteadyMemory> {
  const taken: number[] = [];
  for (let request = 0; request < plan.requests; request++) {
    await serveOne(engine, plan, request);
    taken.push(engine.statistics().residentBytes);
  }
  const tenth = Math.ceil(plan.requests / 10);
  return { earlyBytes: median(taken.slice(tenth, 2 * tenth)), lateBytes: median(taken.slice(-tenth)) };
}

async function serveOne(
  engine: HostedEngine,
  { shallow, deep, vocabulary }: MemoryPlan,
  request: number,
): Promise<void> {
  const session = `request-${request}`;
  const length = 8 + ((request * 13) % 120);
  const prompt = Array.from({ length }, (_, index) => (request * 7 + index * 37) % vocabulary);
  await engine.open({ session, prompt });
  const within: ExitPolicy = { kind: 'confidence', steps: [{ exit: shallow, minMargin: 1 }], last: deep };
  const policy: ExitPolicy = { kind: 'budget', budget: { timeMs: 10_000 }, within };
  const draft = { session, exit: deep, base: 0, count: 2 };
  const { tokens } = await engine.draft(request % 3 === 0 ? { ...draft, policy } : draft);
  await engine.verify({ session, exit: deep, base: 0, tokens: [...tokens, 9, 8] });
  if (request % 10 === 0) {
    const state = await engine.readState({ session, layer: shallow, base: 1, from: 0, includeCache: true });
    await engine.writeState(session, state);
  }
  if (request % 2 === 1) await engine.close(session);
}
