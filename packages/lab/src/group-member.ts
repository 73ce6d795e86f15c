// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { awaitReadiness } from './await-readiness.ts';
import { readLines } from './child-lines.ts';
import { describeExit, type GuardedChild, type Guardian, type ProcessExit, stopChild } from './guardian.ts';
import { lastLines } from './last-lines.ts';
import { createLogTail } from './log-tail.ts';
import type { FleetProcess, FleetProcessOptions } from './process-group.ts';

/** A child as its group sees it. */
export interface GroupMember extends FleetProcess {
  /** Its end is nobody's failure: it may end, or was asked to. */
  readonly expectedToEnd: boolean;
  /** Resolves when it is ready; see {@link FleetProcessOptions}. */
  awaitReady(signal?: AbortSignal): Promise<void>;
  /** The failure that an end of it is. `when` tells more of the moment. */
  failureOf(exit: ProcessExit, when?: string): AiflowError;
}

/** How long the last output of a child that has ended is waited for: something that left its group may hold the pipe. */
const DRAIN_LIMIT_MS = 500;

/** Starts a child under `guardian`. */
export function startMember(clock: Clock, guardian: Guardian, options: FleetProcessOptions): GroupMember {
  const { name, command, args = [], cwd, graceMs = 3_000 } = options;
  const env = { ...process.env, ...options.env };
  const child = guardian.spawn(command, args, { env, ...(cwd === undefined ? {} : { cwd }) });
  const tail = createLogTail();
  const exited = afterOutput(clock, child, readLines(child, tail, options.onLine));
  let expectedToEnd = options.mayEnd === true;
  const quoted = (): string => lastLines(tail.lines(), options.quoteLine);
  const failureOf = (exit: ProcessExit, when = ''): AiflowError =>
    new AiflowError('unavailable', `${name} ended by ${describeExit(exit)}${when}${quoted()}`, {
      details: { process: name },
    });
  return {
    ...{ name, pid: child.pid, exited, failureOf },
    get expectedToEnd() {
      return expectedToEnd;
    },
    log: () => tail.lines(),
    kill: () => void child.signal('SIGKILL'),
    stop: () => {
      expectedToEnd = true;
      return stopChild(clock, child, graceMs);
    },
    awaitReady: async signal => {
      const { isReady, readyLimitMs: limitMs = 15_000 } = options;
      if (isReady === undefined) return;
      const died = exited.then(exit => failureOf(exit, ' before it was ready'));
      const message = (): string => `${name} was not ready within readyLimitMs ${limitMs}${quoted()}`;
      const tooLate = (): AiflowError => new AiflowError('deadline-exceeded', message());
      await awaitReadiness(clock, { isReady, died, limitMs, tooLate }, signal);
    },
  };
}

/** How the child ended, once its output was read to its end or `DRAIN_LIMIT_MS` have passed. */
async function afterOutput(clock: Clock, child: GuardedChild, drained: Promise<void>): Promise<ProcessExit> {
  const exit = await child.exited;
  const timer = clock.setTimer(DRAIN_LIMIT_MS, () => {
    child.stdout.destroy();
    child.stderr.destroy();
  });
  await drained;
  timer.cancel();
  return exit;
}
