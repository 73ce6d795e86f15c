// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';
import { chooseAnswerer } from '../client/answering-node.ts';
import { connect } from '../client/connect.ts';
import { type RunningFleet, startFleet } from '../fleet/start-fleet.ts';
import { askRounds, bytesOf } from './ask-rounds.ts';
import type { SimulationPlan } from './prepare-simulation.ts';
import type { SimulatedAnswer, SimulatedTiers, SimulationReport } from './simulation-report.ts';

/** What a simulation is run with. */
export interface RunSimulationOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C: ends every process and rejects. */
  readonly signal: AbortSignal;
  /** Hears what happens, one line at a time. */
  readonly onProgress: (line: string) => void;
  /** Hears each line of a node's log. */
  readonly onLog: (node: string, line: string) => void;
  readonly onAnswer: (asked: SimulatedTiers, answer: SimulatedAnswer) => void;
}

/** Joining goes over the links: a slow one takes its time. */
const JOIN_LIMIT_MS = 30_000;
/** A death may be noticed a moment after the call that it broke. */
const DEATH_LIMIT_MS = 1000;

/**
 * Starts the fleet as processes on this machine, asks every question over its links, and ends the fleet. What fails after
 * the start is in the report; throws what kept the fleet from starting, the death of a process, and Ctrl-C.
 */
export async function runSimulation(plan: SimulationPlan, options: RunSimulationOptions): Promise<SimulationReport> {
  const { clock, environment, signal, onProgress, onLog } = options;
  using limit = openLimit(clock, plan.config.limitMs);
  const both = AbortSignal.any([signal, limit.signal]);
  await using running = await startFleet(plan.fleet, {
    ...{ file: plan.file, clock, environment, signal: both, onProgress, onLog },
  });
  try {
    return await Promise.race([ask(plan, running, { ...options, limit: limit.signal }), failureOf(running)]);
  } catch (thrown) {
    const death = await deathOf(running, clock, signal); // what fails while a fleet breaks down is a consequence
    throw death ?? thrown;
  }
}

async function ask(
  plan: SimulationPlan,
  running: RunningFleet,
  options: RunSimulationOptions & { readonly limit: AbortSignal },
): Promise<SimulationReport> {
  const { clock, environment, signal, limit, onAnswer } = options;
  const both = AbortSignal.any([signal, limit]);
  const joining = { timeoutMs: JOIN_LIMIT_MS, signal: both };
  await using fleet = await connect({ fleet: running.run.fleet, environment, clock, ...joining });
  await fleet.waitForNodes(running.processes.length, joining);
  const at = chooseAnswerer(fleet.nodes(), plan.config.at).name;
  const rounds = await askRounds(plan, { fleet, links: running.links, clock, at, signal, limit, onAnswer });
  const bytes = bytesOf(plan, running.links);
  const links = plan.links.map((link, index) => ({
    ...link,
    bytes: bytes[index] ?? { node: link.node, up: 0, down: 0 },
  }));
  return { type: 'simulation', file: plan.file, seed: plan.config.seed, asked: at, links, rounds };
}

function openLimit(clock: Clock, limitMs: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = clock.setTimer(limitMs, () =>
    controller.abort(new AiflowError('deadline-exceeded', `limitMs ${limitMs} of the simulation ran out`)),
  );
  return { signal: controller.signal, [Symbol.dispose]: () => timer.cancel() };
}

function failureOf(running: RunningFleet): Promise<never> {
  return running.ended.then(failure => (failure ? Promise.reject(failure) : new Promise<never>(() => undefined)));
}

function deathOf(running: RunningFleet, clock: Clock, signal: AbortSignal): Promise<AiflowError | undefined> {
  const unnoticed = sleep(clock, DEATH_LIMIT_MS, signal).then(
    () => undefined,
    () => undefined,
  );
  return Promise.race([running.ended, unnoticed]);
}
