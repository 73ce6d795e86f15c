// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Whether a process runs: one that has ended and waits to be reaped by init does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (!existsSync('/proc/self/stat')) return true;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // reaped in between
  }
}

/** Whether something accepts connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** A program that was started and has said its first line. */
export interface RunningProgram {
  readonly pid: number;
  readonly firstLine: string;
  /** Settles when it has ended; undefined when a signal ended it. */
  readonly exitCode: Promise<number | undefined>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a file of test/programs against the built package (`npx tsc -b` first), resolves with its first line, and leaves it running. */
export async function startProgram(name: string, args: readonly string[] = []): Promise<RunningProgram> {
  const file = join(import.meta.dirname, 'programs', name);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exitCode = new Promise<number | undefined>(resolve => child.once('exit', code => resolve(code ?? undefined)));
  let text = '';
  const firstLine = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
    child.once('exit', code => reject(new Error(`${name} ended with code ${code} before it said anything: ${text}`)));
  });
  return {
    pid: child.pid ?? 0,
    firstLine,
    exitCode,
    kill: async signal => {
      child.kill(signal);
      await exitCode;
    },
  };
}

/** Starts a file of test/programs with `folder` as its temporary folder, and kills it by SIGKILL after `afterMs`. */
export async function killProgramAfter(name: string, folder: string, afterMs: number): Promise<void> {
  const file = join(import.meta.dirname, 'programs', name);
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, [file], { stdio: 'ignore', env });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  await new Promise(resolve => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await ended;
}

/** Command lines of running processes that contain `text`; Linux only. */
export function commandLinesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return []; // it ended meanwhile
      }
    })
    .filter(line => line.includes(text));
}
