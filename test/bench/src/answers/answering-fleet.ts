// SPDX-License-Identifier: Apache-2.0
//
// The default fleet as a user starts it, in which any process may be killed and comes back.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createProcessGroup, type ProcessGroup } from '@aiflow/lab';
import {
  connect,
  FLEET_CONFIG,
  type Fleet,
  type FleetNodeConfig,
  type RunningFleet,
  readConfig,
  startFleet,
} from '@aiflow/node';
import { type Clock, createSystemClock, sleep } from '@aiflow/time';
import type { CaseContext } from '../harness/bench-case.ts';
import { type CleanUp, createCleanUp } from '../harness/clean-up.ts';

/** Three node processes on a broker of their own, and a client. */
export interface AnsweringFleet extends AsyncDisposable {
  readonly client: Fleet;
  readonly clock: Clock;
  readonly running: RunningFleet;
  /** The nodes' names. */
  readonly nodes: readonly string[];
  /** Who is asked. */
  readonly owner: string;
  /** SIGKILL to the node's process alone. */
  kill(node: string): void;
  /** Starts a killed node again under its key; resolves when it has joined. */
  revive(node: string): Promise<void>;
  killBroker(): Promise<void>;
  restartBroker(): Promise<void>;
  /** Resolves when all three tiers have answered a question together; throws after half a minute. */
  healed(): Promise<void>;
}

const CHECK_QUESTION = 'What is 7 + 5?';
const HEAL_LIMIT_MS = 30_000;
const NODE_PACKAGE = dirname(createRequire(import.meta.url).resolve('@aiflow/node/package.json'));

/** Starts the fleet of `aiflow up`, with `vary` applied to each of its nodes, and resolves when it answers. */
export async function startAnsweringFleet(
  { signal, progress }: CaseContext,
  vary: (node: FleetNodeConfig) => FleetNodeConfig = node => node,
): Promise<AnsweringFleet> {
  const cleanUp = createCleanUp();
  try {
    const clock = createSystemClock({ keepAlive: true });
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    const environment = { ...process.env, AIFLOW_RUN_FOLDER: join(folder, 'run') };
    const file = join(NODE_PACKAGE, 'assets/fleet.yaml');
    const read = await readConfig(file, FLEET_CONFIG);
    const config = { ...read, fleet: `bench-${process.pid}`, nodes: read.nodes.map(vary) };
    const options = { file, clock, environment, signal, onProgress: progress };
    const running = cleanUp.use(await startFleet(config, options, { nodesMayEnd: true }));
    const client = cleanUp.use(await connect({ fleet: config.fleet, environment, clock, signal }));
    const revived = cleanUp.use(await createProcessGroup({ clock }, { endOnSignals: [] }));
    const fleet = new BrokenAndHealed({ running, client, revived, clock, signal, cleanUp });
    await fleet.healed();
    return fleet;
  } catch (error) {
    await cleanUp[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly running: RunningFleet;
  readonly client: Fleet;
  /** Nodes that were started again. */
  readonly revived: ProcessGroup;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly cleanUp: CleanUp;
}

class BrokenAndHealed implements AnsweringFleet {
  readonly client: Fleet;
  readonly clock: Clock;
  readonly running: RunningFleet;
  readonly nodes: readonly string[];
  readonly owner: string;
  readonly #parts: Parts;
  readonly #pids: Map<string, number>;
  #revivals = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.client = parts.client;
    this.clock = parts.clock;
    this.running = parts.running;
    const { processes } = parts.running;
    this.nodes = processes.map(({ node }) => node);
    this.owner = processes.find(({ tier }) => tier === 'device')?.node ?? '';
    this.#pids = new Map(processes.map(({ node, pid }) => [node, pid]));
  }

  kill(node: string): void {
    process.kill(this.#pids.get(node) ?? Number.NaN, 'SIGKILL');
  }

  async revive(node: string): Promise<void> {
    const { running, revived, signal } = this.#parts;
    const file = running.processes.find(info => info.node === node)?.configFile ?? '';
    this.#revivals += 1;
    let announce: () => void = () => undefined;
    const joined = new Promise<void>(resolve => {
      announce = resolve;
    });
    const child = await revived.start(
      {
        name: `${node} ${this.#revivals}`,
        command: process.execPath,
        args: [join(NODE_PACKAGE, 'dist/bin/aiflow.js'), 'node', '--config', file],
        onLine: line => line.text.includes('"node-ready"') && announce(),
        isReady: () => joined,
        readyLimitMs: 60_000,
        mayEnd: true,
      },
      signal,
    );
    this.#pids.set(node, child.pid);
  }

  async killBroker(): Promise<void> {
    await this.#parts.running.broker?.kill();
  }

  async restartBroker(): Promise<void> {
    await this.#parts.running.broker?.restart();
  }

  async healed(): Promise<void> {
    const { clock, client, signal } = this.#parts;
    const untilMs = clock.nowMs() + HEAL_LIMIT_MS;
    for (;;) {
      const seen = await this.#modeOfAnswer().catch((error: Error) => error.message);
      if (seen === 'three') return;
      if (clock.nowMs() > untilMs) {
        const states = client.nodes().map(({ name, state }) => `${name} ${state}`);
        throw new Error(`the fleet did not heal (${seen}): ${states.join(', ')}`);
      }
      await sleep(clock, 200, signal);
    }
  }

  async #modeOfAnswer(): Promise<string> {
    const { summary } = await this.client.ask(CHECK_QUESTION, {
      at: this.owner,
      tiers: 'three',
      maxTokens: 4,
      deadlineMs: 5000,
    });
    const isServed = summary.tiers.every(({ state }) => state === 'serving');
    return isServed ? summary.mode : `${summary.mode}, ${summary.reasons.join('; ')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.cleanUp[Symbol.asyncDispose]();
  }
}
