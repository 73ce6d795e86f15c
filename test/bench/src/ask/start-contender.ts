// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ContenderCommand, ContenderResults, NumberedReply, ReadyMessage } from './contender-messages.ts';
import type { MeetingPlace } from './contenders/contender.ts';
import type { ContenderName } from './contenders/load-contender.ts';

/** A contender's two processes. */
export interface RunningContender extends AsyncDisposable {
  request<Kind extends ContenderCommand['kind']>(
    command: Extract<ContenderCommand, { kind: Kind }>,
  ): Promise<ContenderResults[Kind]>;
  /** Processor time of both processes so far. */
  cpuMs(): Promise<number>;
}

const START_LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 60_000;

/** Starts the responder, then the requester. Fails when one does not become ready. */
export async function startContender(name: ContenderName, place: MeetingPlace): Promise<RunningContender> {
  const responder = await startProcess(name, 'responder', place);
  const requester = await startProcess(name, 'requester', place).catch(async (error: unknown) => {
    await responder.stop();
    throw error;
  });
  const cpu = { kind: 'cpu' } as const;
  return {
    request: <Kind extends ContenderCommand['kind']>(command: Extract<ContenderCommand, { kind: Kind }>) =>
      requester.request(command) as Promise<ContenderResults[Kind]>,
    cpuMs: async () => {
      const [asking, answering] = (await Promise.all([
        requester.request(cpu),
        responder.request(cpu),
      ])) as ContenderResults['cpu'][];
      return (asking?.cpuMs ?? Number.NaN) + (answering?.cpuMs ?? Number.NaN);
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([requester.stop(), responder.stop()])),
  };
}

interface ContenderProcess {
  request(command: ContenderCommand): Promise<unknown>;
  stop(): Promise<void>;
}

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

async function startProcess(name: ContenderName, role: string, place: MeetingPlace): Promise<ContenderProcess> {
  const child = fork(join(import.meta.dirname, 'contender-process.js'), [name, role, place.url, place.folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const waiters = new Map<number, Waiter>();
  const failAll = (error: Error): void => {
    for (const waiter of waiters.values()) waiter.reject(error);
    waiters.clear();
  };
  child.on('message', (reply: NumberedReply | ReadyMessage) => settle(waiters, reply));
  child.once('exit', (code, signal) => failAll(new Error(`${name} ${role} ended with ${code ?? signal}`)));
  child.once('error', failAll);
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(kill);
  };
  try {
    await within(START_LIMIT_MS, `${name} ${role} to start`, wait => waiters.set(READY, wait));
  } catch (error) {
    await stop();
    throw error;
  }
  let last = READY;
  return {
    request: command =>
      within(COMMAND_LIMIT_MS, `${command.kind} of ${name}`, wait => {
        waiters.set(++last, wait);
        post(child, { id: last, command });
      }),
    stop,
  };
}

/** The id under which the message that a process is ready is awaited. */
const READY = 0;

function settle(waiters: Map<number, Waiter>, reply: NumberedReply | ReadyMessage): void {
  const id = 'ready' in reply ? READY : reply.id;
  const waiter = waiters.get(id);
  waiters.delete(id);
  if ('error' in reply) waiter?.reject(new Error(reply.error));
  else waiter?.resolve('result' in reply ? reply.result : undefined);
}

function post(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message);
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
