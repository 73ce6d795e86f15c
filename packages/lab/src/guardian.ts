// SPDX-License-Identifier: Apache-2.0
//
// Children that can't outlive their parent, also when the parent is killed by SIGKILL and runs no code of its own.
//
// A guardian is a small POSIX shell that reads a pipe whose writing end this process holds. Each child writes its own
// process group into that pipe before it becomes the real program, so there is no moment at which it runs unknown to
// the guardian. When the pipe ends, however that came about, the guardian ends every group still on its list and then
// removes the temporary paths it was given.
//
// G1  A child is on the guardian's list before its first instruction; if the guardian is gone, the child does not start.
// G2  A child leads its own process group: what it starts in turn ends with it, and Ctrl-C reaches the parent alone.
// G3  A group leaves the list only after its leader was reaped and the rest of the group was sent SIGKILL.
// G4  The end of the pipe is the only order to clean up, so the ordinary way and the SIGKILL of the parent are one path.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, sleep } from '@aiflow/time';

/** Reads `+ group` and `- group` lines until the pipe ends; then SIGTERM, up to $1 tenths of a second, SIGKILL, rm. */
const GUARDIAN_SCRIPT = `
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
  left=
  for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
  groups=$left
done
tenths=$1; shift
for group in $groups; do kill -TERM "-$group" 2>/dev/null; done
for group in $groups; do
  while [ "$tenths" -gt 0 ] && kill -0 "-$group" 2>/dev/null; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -KILL "-$group" 2>/dev/null
done
[ $# -eq 0 ] || rm -rf -- "$@"
`;

/** G1: names its own group (it leads one) to the guardian, then becomes the program. */
const CHILD_SCRIPT = 'echo "+ $$" >&3 || exit 125; exec 3>&-; exec "$@"';

const CLEAR_TRIES = 20;
const CLEAR_PAUSE_MS = 5;

/** What a guarded child is started with. */
interface GuardedSpawnOptions {
  readonly cwd?: string;
  /** The whole environment of the child; default this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A running child. Its standard input is empty; its output streams must be read. */
export interface GuardedChild {
  /** Process id of the program and of the group that it leads. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once it is gone and its group was cleared. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal to the child's whole group; false if it is gone. */
  signal(signal: NodeJS.Signals): boolean;
}

/** How a process ended: by itself with `code`, or by `signal`. */
export interface ProcessExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** Starts children that end when it is closed or when this process dies in whatever way. */
export interface Guardian {
  /** Fails with `unavailable` when the system can't start another process. */
  spawn(command: string, args: readonly string[], options?: GuardedSpawnOptions): GuardedChild;
  /** Ends what still runs, removes the paths, and resolves when that is done. */
  close(): Promise<void>;
}

/** `removePaths` are deleted at the end; `graceMs` (default 2000) lies between SIGTERM and SIGKILL, for all together. */
export function createGuardian(
  clock: Clock,
  options: { readonly removePaths?: readonly string[]; readonly graceMs?: number } = {},
): Guardian {
  const tenths = String(Math.ceil((options.graceMs ?? 2000) / 100));
  const watcher = spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'aiflow-guardian', tenths, ...(options.removePaths ?? [])], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pipe = watcher.stdin;
  let failure: Error | undefined;
  const remember = (error: Error): void => {
    failure ??= error;
  };
  watcher.on('error', remember);
  pipe.on('error', remember);
  const ended = exitOf(watcher);
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  const hold = keepOpenWhile(watcher);

  return {
    spawn: (command, args, spawnOptions = {}) => {
      if (failure !== undefined || watcher.exitCode !== null || pipe.writableEnded)
        throw new AiflowError('unavailable', `can't start ${command}: its guardian process has ended`, {
          cause: failure,
        });
      return spawnChild([command, ...args], { pipe, hold, clock }, spawnOptions);
    },
    close: async () => {
      pipe.end();
      await hold(ended);
    },
  };
}

/** The guardian alone must not keep this process alive; it does while something is awaited that nothing else holds. */
function keepOpenWhile(watcher: ChildProcess): <T>(work: Promise<T>) => Promise<T> {
  let held = 0;
  watcher.unref();
  return async work => {
    if (held++ === 0) watcher.ref();
    try {
      return await work;
    } finally {
      if (--held === 0) watcher.unref();
    }
  };
}

interface GuardianSide {
  readonly pipe: Writable;
  readonly hold: <T>(work: Promise<T>) => Promise<T>;
  readonly clock: Clock;
}

function spawnChild(program: readonly string[], guardian: GuardianSide, options: GuardedSpawnOptions): GuardedChild {
  const { pipe, hold, clock } = guardian;
  const spawnOptions: SpawnOptions = {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', pipe],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  };
  const child = spawn('/bin/sh', ['-c', CHILD_SCRIPT, 'aiflow-child', ...program], spawnOptions);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) {
    child.on('error', () => undefined);
    throw new AiflowError('unavailable', `can't start ${program[0]}: the system refused another process`);
  }
  const exited = exitOf(child).then(async exit => {
    await hold(clearGroup(clock, pid));
    if (pipe.writable) pipe.write(`- ${pid}\n`); // G3
    return exit;
  });
  return { pid, stdout, stderr, exited, signal: signal => isRunning(child) && signalGroup(pid, signal) };
}

/** Kills what the leader left behind and waits until it is gone: 100 ms at most, as a slow init may leave a zombie. */
async function clearGroup(clock: Clock, group: number): Promise<void> {
  for (let tries = 0; tries < CLEAR_TRIES && signalGroup(group, 'SIGKILL'); tries++) await sleep(clock, CLEAR_PAUSE_MS);
}

function exitOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    child.once('error', () => resolve({ code: undefined, signal: undefined }));
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false; // nobody of that group is left
  }
}

/** Sends SIGTERM, waits `graceMs`, sends SIGKILL, and resolves with how the child ended. */
export async function stopChild(clock: Clock, child: GuardedChild, graceMs: number): Promise<ProcessExit> {
  child.signal('SIGTERM');
  const timer = clock.setTimer(graceMs, () => child.signal('SIGKILL'));
  const exit = await child.exited;
  timer.cancel();
  return exit;
}

/** Reads a child's output to its end as text. Resolves when the stream is closed. */
export async function readOutput(stream: Readable, onText: (text: string) => void): Promise<void> {
  stream.setEncoding('utf8');
  stream.on('data', onText);
  stream.on('error', () => undefined); // a pipe that breaks ends with the child; its exit tells why
  if (!stream.closed) await once(stream, 'close').catch(() => undefined);
}

/** `exit code 3` or `signal SIGKILL`: how a message speaks of an end. */
export function describeExit(exit: ProcessExit): string {
  if (exit.signal !== undefined) return `signal ${exit.signal}`;
  return exit.code === undefined ? 'an unknown cause' : `exit code ${exit.code}`;
}
