// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ConnectOptions,
  connect,
  FLEET_CONFIG,
  type Fleet,
  type FleetBehaviour,
  type FleetProcessInfo,
  type RunningFleet,
  readConfig,
  startFleet,
} from '@aiflow/node';
import { AiflowError } from '@aiflow/protocol';
import { createSystemClock } from '@aiflow/time';

/** The built command: nodes run as a user's do. */
export const COMMAND_FILE: string = fileURLToPath(new URL('../../packages/node/dist/bin/aiflow.js', import.meta.url));

/** Far above what a refusal at once takes on a busy machine, far below the asks' own time. */
export const AT_ONCE_MS = 500;

/** The path of an actor of ours, for fleet files. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));
}

/** A fleet of real processes that a test breaks. Disposing it ends them. */
export interface TestFleet extends AsyncDisposable {
  readonly running: RunningFleet;
  readonly environment: Record<string, string | undefined>;
  readonly folder: string;
  /** Everything the nodes logged, one line each. */
  readonly log: readonly string[];
  processOf(node: string): FleetProcessInfo;
  /** Joins as a client; options override the fleet's own broker and name. */
  connect(options?: ConnectOptions): Promise<Fleet>;
  /** Status and text of the node's `/meshz`. */
  readiness(node: string): Promise<string>;
  /** The values of a metric of `node`, by the text of its labels. */
  metric(node: string, name: string): Promise<ReadonlyMap<string, number>>;
}

/** Starts the fleet that `text` describes. */
export async function startTestFleet(text: string, behaviour: FleetBehaviour = {}): Promise<TestFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'aiflow-fleet-test-'));
  const environment = { ...process.env, AIFLOW_RUN_FOLDER: join(folder, 'run') };
  const file = join(folder, 'fleet.yaml');
  writeFileSync(file, text);
  const log: string[] = [];
  const config = await readConfig(file, FLEET_CONFIG);
  const running = await startFleet(
    config,
    {
      file,
      clock: createSystemClock(),
      environment,
      signal: new AbortController().signal,
      commandFile: COMMAND_FILE,
      onLog: (node, line) => void log.push(`${node} ${line}`),
    },
    behaviour,
  );
  const processOf = (node: string): FleetProcessInfo => running.processes.find(info => info.node === node)!;
  return {
    ...{ running, environment, folder, log, processOf },
    connect: options => connect({ fleet: config.fleet, environment, ...options }),
    readiness: async node => {
      const response = await read(`${processOf(node).healthUrl}/meshz`);
      return `${response.status} ${await response.text()}`;
    },
    metric: async (node, name) => readMetric(await (await read(`${processOf(node).healthUrl}/metrics`)).text(), name),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A connection for each request: one that was kept may have been closed while this process was busy. */
function read(url: string): Promise<Response> {
  return fetch(url, { headers: { connection: 'close' } });
}

/** Samples of `name` in Prometheus text: the value by the labels other than those every metric of a node has. */
function readMetric(text: string, name: string): ReadonlyMap<string, number> {
  const samples = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    samples.map(line => {
      const labels = /\{(.*)\}/.exec(line)?.[1] ?? '';
      const own = labels.split(',').filter(label => !/^(?:fleet|node|tier|service)/.test(label));
      return [own.map(label => label.replace(/^\w+="(.*)"$/, '$1')).join(' '), Number(line.split(' ').at(-1))];
    }),
  );
}

/** How one call ended. */
export interface Ending {
  readonly code: string;
  readonly message: string;
  readonly node: string | undefined;
  readonly hop: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly tookMs: number;
  readonly value: unknown;
}

/** Waits for a call and says how it ended: code `ok` with its value, or its error. */
export async function endingOf(call: () => PromiseLike<unknown>): Promise<Ending> {
  const beganMs = performance.now();
  const ended = (fields: Omit<Ending, 'tookMs'>): Ending => ({ ...fields, tookMs: performance.now() - beganMs });
  try {
    const value = await call();
    return ended({ code: 'ok', message: '', node: undefined, hop: undefined, retryAfterMs: undefined, value });
  } catch (cause) {
    const { code, message, node, hop, retryAfterMs } = AiflowError.from(cause);
    return ended({ code, message, node, hop, retryAfterMs, value: undefined });
  }
}

/** How often each text occurs. */
export function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

/** What a ledger saw when it asked another by itself in the background. */
export interface Probed {
  readonly outcomes: {
    readonly beganMs: number;
    readonly tookMs: number;
    readonly code: string;
    readonly message: string;
    readonly hop: string;
  }[];
  /** Asks that have not ended. */
  readonly open: number;
}

/** What `client` thinks of `node`. */
export function stateOf(client: Fleet, node: string): string | undefined {
  return client.nodes().find(({ name }) => name === node)?.state;
}

/** Notes each state of `node` as it changes, until stopped. */
export function watchStates(client: Fleet, node: string): { readonly seen: readonly string[]; stop(): void } {
  const seen: string[] = [];
  const timer = setInterval(() => {
    const state = stateOf(client, node) ?? 'unknown';
    if (seen.at(-1) !== state) seen.push(state);
  }, 20);
  return { seen, stop: () => clearInterval(timer) };
}
