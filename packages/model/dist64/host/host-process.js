// SPDX-License-Identifier: Apache-2.0
//
// One host process as its node sees it.
//
// H1  A host that is not ready within `startLimitMs` is killed.
// H2  A host gets `STOP_LIMIT_MS` to end when asked to, then it is killed.
import { fork } from 'node:child_process';
import { AiflowError } from '@aiflow/protocol';
import { createHostChannel, LOST_HOST } from './host-channel.js';
import { hostEntryPath } from './host-entry.js';

/**
 * glibc raises this threshold by itself until large buffers come from a heap that fragments: at 32 MiB of session caches
 * a host took 230 MB, with the threshold fixed 180. Other C libraries ignore it.
 */
const MALLOC_SETTINGS = { MALLOC_MMAP_THRESHOLD_: '131072' };
const STOP_LIMIT_MS = 2000;
const PULSES_PER_SILENCE = 4;
const MAX_STDERR_CHARACTERS = 1000;
/** True when a call failed because its host process ended. The call may have had no effect, or all of it. */
export function isHostLost(error) {
  return AiflowError.is(error) && error.code === 'unavailable' && error.details.host === LOST_HOST;
}
/**
 * Starts a host and waits until it is ready.
 *
 * @throws AiflowError what loading the family fails with, or a lost-host error.
 */
export async function startHostProcess({ clock, logger }, options, watch) {
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
    call: (method, request, signal) => channel.call(method, request, signal),
    stop: async () => {
      channel.send({ kind: 'shutdown' });
      const limit = clock.setTimer(STOP_LIMIT_MS, () => channel.kill(`still running after ${STOP_LIMIT_MS} ms`));
      await ended;
      limit.cancel();
    },
  };
}
function spawn(logger) {
  const child = fork(hostEntryPath(), [], {
    serialization: 'advanced',
    execArgv: [],
    env: { ...MALLOC_SETTINGS, ...process.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.on('data', chunk => {
    logger.warn('model host wrote to stderr', { text: chunk.toString().slice(0, MAX_STDERR_CHARACTERS) });
  });
  return child;
}
function endOf(child) {
  return new Promise(resolve => {
    child.once('error', error => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `it exited with code ${code}` : `signal ${signal}`));
  });
}
//# sourceMappingURL=host-process.js.map
