// SPDX-License-Identifier: Apache-2.0
//
// A child process that does as it is told over its own channel: the measuring side of most cases.
//
// D1  Every command ends: with a result, with the child's error, with the child's end, or at its limit.
// D2  A child ends when its channel closes, so none outlives the bench.
import { type ChildProcess, fork } from 'node:child_process';

/** A command with the number its answer carries. */
interface NumberedCommand<Command> {
  readonly id: number;
  readonly command: Command;
}

type NumberedReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** The bench's side of a child. */
export interface DrivenProcess<Command> extends AsyncDisposable {
  request(command: Command): Promise<unknown>;
}

/** What to start, and its name in errors. */
export interface DrivenProcessOptions {
  readonly name: string;
  /** A compiled file that calls {@link serveCommands}. */
  readonly file: string;
  readonly args: readonly string[];
  /** Default 30 000. */
  readonly startLimitMs?: number;
  /** Default 60 000. */
  readonly commandLimitMs?: number;
}

/** The id under which the message that a child is ready is awaited. */
const READY = 0;
const STOP_LIMIT_MS = 3_000;

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a child; fails when it ends or takes too long before it is ready. */
export async function startDrivenProcess<Command>(options: DrivenProcessOptions): Promise<DrivenProcess<Command>> {
  const { name, file, args, startLimitMs = 30_000, commandLimitMs = 60_000 } = options;
  const child = fork(file, [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const waiters = followReplies(child, name);
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(kill);
  };
  try {
    await within(startLimitMs, `${name} to start`, wait => waiters.set(READY, wait));
  } catch (error) {
    await stop();
    throw error;
  }
  let last = READY;
  return {
    request: command =>
      within(commandLimitMs, `${name} to carry out a command`, wait => {
        waiters.set(++last, wait);
        if (child.connected) child.send({ id: last, command } as object);
        else wait.reject(new Error(`${name} is gone`));
      }),
    [Symbol.asyncDispose]: stop,
  };
}

/** The child's side: says that it is ready, carries out commands, and ends when the bench does. */
export function serveCommands<Command>(execute: (command: Command) => Promise<unknown>): void {
  const send = (message: NumberedReply): void => void process.send?.(message);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, command }: NumberedCommand<Command>) => {
    execute(command).then(
      result => send({ id, result }),
      (error: unknown) =>
        send({ id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }),
    );
  });
  send({ id: READY, result: undefined });
}

/** Settles waiters by id, and all of them when the child ends. */
function followReplies(child: ChildProcess, name: string): Map<number, Waiter> {
  const waiters = new Map<number, Waiter>();
  const failAll = (error: Error): void => {
    for (const waiter of waiters.values()) waiter.reject(error);
    waiters.clear();
  };
  child.on('message', (reply: NumberedReply) => {
    const waiter = waiters.get(reply.id);
    waiters.delete(reply.id);
    if ('error' in reply) waiter?.reject(new Error(reply.error));
    else waiter?.resolve(reply.result);
  });
  child.once('exit', (code, signal) => failAll(new Error(`${name} ended with ${code ?? signal}`)));
  child.once('error', failAll);
  return waiters;
}

function within(limitMs: number, what: string, begin: (waiter: Waiter) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
    const settled =
      <T>(act: (value: T) => void) =>
      (value: T): void => {
        clearTimeout(timer);
        act(value);
      };
    begin({ resolve: settled(resolve), reject: settled(reject) });
  });
}
