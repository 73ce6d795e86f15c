import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../dist/bin/aiflow.js', import.meta.url));

/** The built command as a process of its own, as a user runs it. */
export interface AiflowProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves with the first line of standard output that `matches`; rejects when the process ends before. */
  line(matches: (line: string) => boolean): Promise<string>;
  /** Resolves with the exit status; -1 for a death by signal. */
  readonly status: Promise<number>;
}

export function startAiflow(args: readonly string[], env: Record<string, string> = {}): AiflowProcess {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = once(child, 'close').then(([code]) => (code as number | null) ?? -1);
  return {
    child,
    pid: child.pid ?? -1,
    stdout: () => stdout,
    stderr: () => stderr,
    status,
    line: matches =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = stdout.split('\n').find(text => text !== '' && matches(text));
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', look);
        look();
        void status.then(code =>
          reject(new Error(`ended with status ${code} before the line came:\n${stdout}\n${stderr}`)),
        );
      }),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await status;
    },
  };
}

/** Runs a command to its end. */
export async function runAiflow(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const run = startAiflow(args, env);
  const status = await run.status;
  return { status, stdout: run.stdout(), stderr: run.stderr() };
}

/** A folder for one test's files, with a run folder of its own so that tests don't meet each other's fleets. */
export interface Workspace extends Disposable {
  readonly folder: string;
  readonly env: Record<string, string>;
  write(name: string, text: string): string;
}

export function createWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'aiflow-node-test-'));
  return {
    folder,
    env: { AIFLOW_RUN_FOLDER: join(folder, 'run'), TMPDIR: folder },
    write: (name, text) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What `aiflow up --json` prints. */
export interface FleetReady {
  readonly url: string;
  readonly nodes: readonly { readonly node: string; readonly pid: number; readonly healthUrl: string }[];
}

export async function awaitFleet(up: AiflowProcess): Promise<FleetReady> {
  return JSON.parse(await up.line(line => line.includes('"fleet-ready"'))) as FleetReady;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** True when something listens at `url`. */
export async function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
