import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type HeldOutQuestion, type HeldOutSuite, readHeldOutSuite } from '@aiflow/model';
import {
  type AnswerResult,
  connect,
  FLEET_CONFIG,
  type Fleet,
  type FleetConfig,
  type FleetNodeConfig,
  type QuestionOptions,
  type RunningFleet,
  readConfig,
  startFleet,
} from '@aiflow/node';
import { createSystemClock } from '@aiflow/time';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The built command: nodes run as a user's do. */
const COMMAND_FILE = join(ROOT, 'packages/node/dist/bin/aiflow.js');
/** Part of bsdutils and util-linux: gives a command a terminal. */
const TERMINAL_MAKER = '/usr/bin/script';
/** A shell's words for it. */
export const AIFLOW: readonly string[] = [process.execPath, COMMAND_FILE];
/** What `aiflow up` and `npm start` run. */
const FLEET_FILE: string = join(ROOT, 'packages/node/assets/fleet.yaml');
export const FAMILY_FOLDER: string = join(ROOT, 'packages/family-nano');
/** Read here, as the names of tests are made of it. */
export const HELD_OUT: HeldOutSuite = await readHeldOutSuite(FAMILY_FOLDER);

/** The default fleet, or a variation of it, with a client. */
export interface AnsweringFleet extends AsyncDisposable {
  readonly config: FleetConfig;
  readonly running: RunningFleet;
  readonly client: Fleet;
  readonly environment: Record<string, string>;
  pidOf(node: string): number;
  /** Process ids of the node's model hosts. */
  hostsOf(node: string): readonly number[];
  /** SIGKILL to the node's process alone. */
  kill(node: string): void;
  /** Starts a killed node again; resolves when it has joined. */
  revive(node: string): Promise<void>;
  /** Asks the device; by default with time for a busy machine. */
  ask(question: string, options?: QuestionOptions): PromiseLike<AnswerResult>;
}

/** Starts the default fleet with `vary` applied to each of its nodes. */
export async function startAnsweringFleet(
  name: string,
  vary: (node: FleetNodeConfig) => FleetNodeConfig = node => node,
): Promise<AnsweringFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'aiflow-answers-test-'));
  const environment = { AIFLOW_RUN_FOLDER: join(folder, 'run') };
  const read = await readConfig(FLEET_FILE, FLEET_CONFIG);
  const config = { ...read, fleet: name, nodes: read.nodes.map(vary) };
  const clock = createSystemClock();
  const { signal } = new AbortController();
  const options = { file: FLEET_FILE, clock, signal, environment: { ...process.env, ...environment } };
  const running = await startFleet(config, { ...options, commandFile: COMMAND_FILE }, { nodesMayEnd: true });
  const client = await connect({ fleet: name, environment });
  await client.waitForNodes(config.nodes.length, { timeoutMs: 10_000 });
  const pids = new Map(running.processes.map(({ node, pid }) => [node, pid]));
  const revived: (() => Promise<void>)[] = [];
  const pidOf = (node: string): number => pids.get(node) ?? Number.NaN;
  return {
    ...{ config, running, client, environment, pidOf },
    hostsOf: node => childrenOf(pidOf(node)),
    kill: node => void process.kill(pidOf(node), 'SIGKILL'),
    revive: async node => {
      const { configFile } = running.processes.find(info => info.node === node)!;
      const child = await startNode(configFile);
      pids.set(node, child.pid);
      revived.push(child.stop);
    },
    ask: (question, asking) => client.ask(question, { at: 'device-1', deadlineMs: 15_000, ...asking }),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await Promise.all(revived.map(stop => stop()));
      await running[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(configFile: string): Promise<{ readonly pid: number; readonly stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [COMMAND_FILE, 'node', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) if (line.includes('"node-ready"')) break;
  return {
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Process ids of the children of `pid`. */
function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** All that `pid` has started, and what those have. */
export function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap(child => [child, ...descendantsOf(child)]);
}

/** True for a process that runs; a zombie does not. */
export function runs(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Held-out questions with their references, the first of each of the first `count` kinds. */
export function heldOutQuestions(count: number): readonly HeldOutQuestion[] {
  const { kinds, questions } = HELD_OUT;
  return kinds.slice(0, count).map(kind => questions.find(question => question.kind === kind)!);
}

/** The command line of a process; empty for none. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Runs a command on a terminal of its own, as `script` gives one. */
export async function runInTerminal(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly output: string }> {
  const command = words.map(word => `'${word}'`).join(' ');
  const child = spawn(TERMINAL_MAKER, ['-qec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = await once(child, 'close');
  return { status: status as number, output };
}
