// SPDX-License-Identifier: Apache-2.0
//
// One host process as its node sees it.
//
// H1  A host that is not ready within `startLimitMs` is killed.
// H2  A host gets `STOP_LIMIT_MS` to end when asked to, then it is killed.
import { type ChildProcess, fork } from 'node:child_process';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { EngineOptions } from '../inference/engine-options.ts';
import type { Logger } from '../logger.ts';
import { createHostChannel, LOST_HOST } from './host-channel.ts';
import { hostEntryPath } from './host-entry.ts';
import type { HostCalls, HostDescription, HostMethod } from './host-protocol.ts';

/** A host that was ready once. */
export interface HostProcess {
  readonly pid: number;
  readonly description: HostDescription;
  /** As of its last answer. */
  readonly residentBytes: number;
  /** The rung that serves, by exit. */
  readonly rungs: ReadonlyMap<number, number>;
  readonly callsUnderWay: number;
  /** Resolves with the reason when the process has ended. Never rejects. */
  readonly ended: Promise<string>;
  call<Method extends HostMethod>(
    method: Method,
    request: HostCalls[Method]['request'],
    signal?: AbortSignal,
  ): Promise<HostCalls[Method]['result']>;
  stop(): Promise<void>;
}

/** How a host is watched. */
export interface HostWatch {
  readonly startLimitMs: number;
  readonly silenceLimitMs: number;
}

/** What a host process needs from its surroundings. */
export interface HostCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * glibc raises the threshold by itself until large buffers come from a heap that fragments: at 32 MiB of session caches
 * a host took 230 MB, with the threshold fixed 180. One arena for all threads keeps what they free for one another: they
 * seldom allocate at once. Other C libraries ignore both.
 */
const MALLOC_SETTINGS = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '1' };

/**
 * A step's JavaScript makes little garbage, its tensors lie outside the heap: the young generation need not grow to the
 * 16 MiB that V8 allows it.
 */
const HEAP_SETTINGS = ['--max-semi-space-size=1'];

const STOP_LIMIT_MS = 2000;
const PULSES_PER_SILENCE = 4;
const MAX_STDERR_CHARACTERS = 1000;

/** True when a call failed because its host process ended. The call may have had no effect, or all of it. */
export function isHostLost(error: unknown): boolean {
  return AiflowError.is(error) && error.code === 'unavailable' && error.details.host === LOST_HOST;
}

/**
 * Starts a host and waits until it is ready.
 *
 * @throws AiflowError what loading the family fails with, or a lost-host error.
 */
export async function startHostProcess(
  { clock, logger }: HostCollaborators,
  options: EngineOptions,
  watch: HostWatch,
): Promise<HostProcess> {
  const child = spawn(logger);
  const channel = createHostChannel(child, { clock, logger, silenceLimitMs: watch.silenceLimitMs });
  const ended = endOf(child).then(reason => channel.lose(reason));
  channel.send({ kind: 'start', options, pulseMs: watch.silenceLimitMs / PULSES_PER_SILENCE });
  const limit = clock.setTimer(watch.startLimitMs, () => channel.kill(`not ready within ${watch.startLimitMs} ms`));
  const description = await channel.ready
    .finally(() => limit.cancel())
    .catch(error => {
      child.kill('SIGKILL');
      throw error;
    });
  return {
    pid: child.pid ?? 0,
    description,
    ended,
    get residentBytes() {
      return channel.residentBytes;
    },
    get rungs() {
      return channel.rungs;
    },
    get callsUnderWay() {
      return channel.callsUnderWay;
    },
    call: (method, request, signal) => channel.call(method, request, signal) as Promise<never>,
    stop: async () => {
      channel.send({ kind: 'shutdown' });
      const limit = clock.setTimer(STOP_LIMIT_MS, () => channel.kill(`still running after ${STOP_LIMIT_MS} ms`));
      await ended;
      limit.cancel();
    },
  };
}

function spawn(logger: Logger): ChildProcess {
  const child = fork(hostEntryPath(), [], {
    serialization: 'advanced',
    execArgv: HEAP_SETTINGS,
    env: { ...MALLOC_SETTINGS, ...process.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    logger.warn('model host wrote to stderr', { text: chunk.toString().slice(0, MAX_STDERR_CHARACTERS) });
  });
  return child;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `it exited with code ${code}` : `signal ${signal}`));
  });
}
