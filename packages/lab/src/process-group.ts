// SPDX-License-Identifier: Apache-2.0
//
// Processes that stand and fall together: a fleet on one machine.
//
// P1  The first of these ends the whole group: stop, a signal to this process, the end of a child that was not asked to
//     end (unless its death is allowed). The reason is kept and told to whoever waits.
// P2  Children are stopped in the reverse order of their start, each by SIGTERM and, after its grace, SIGKILL to all that it
//     started; after `stopLimitMs`, or a second signal to this process, SIGKILL goes to all of them at once.
// P3  When `ended` settles no process, port or temporary file of the group is left; the guardian sees to the same when this
//     process is killed.
// P4  Once the group is ending no child starts.
import { AiflowError } from '@aiflow/protocol';
import { type Clock, createSystemClock } from '@aiflow/time';
import { type ChildLine, readLines } from './child-lines.ts';
import {
  createGuardian,
  describeExit,
  type GuardedChild,
  type Guardian,
  type ProcessExit,
  stopChild,
} from './guardian.ts';
import { createLogTail, type LogTail } from './log-tail.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/** A child to start. */
export interface FleetProcessOptions {
  /** Unique in its group; used in messages. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; a value of undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Hears each line that the child writes. */
  readonly onLine?: (line: ChildLine) => void;
  /** How a line is quoted when its end is told; undefined leaves it out. Default: as it is. */
  readonly quoteLine?: (text: string) => string | undefined;
  /** Resolves when the child is ready; rejects when it never will be. Without it, a child is ready when it runs. */
  readonly isReady?: (signal: AbortSignal) => Promise<void>;
  /** How long that may take. Default 15 s. */
  readonly readyLimitMs?: number;
  /** Whether the group goes on without it. Default false. */
  readonly mayEnd?: boolean;
  /** Between SIGTERM and SIGKILL. Default 3 s. */
  readonly graceMs?: number;
}

/** A child of a group. */
export interface FleetProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles once it is gone with all that it started. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Its last lines, oldest first. */
  log(): readonly string[];
  /** Ends this child alone; the group goes on. */
  stop(): Promise<ProcessExit>;
  /** SIGKILL, as in a crash: unless the child may end, the group ends with it. */
  kill(): void;
}

/** Why a group ended. `failure` is undefined when that was asked for. */
export interface GroupEnd {
  readonly reason: string;
  readonly failure: AiflowError | undefined;
}

/** Processes that end together. */
export interface ProcessGroup extends AsyncDisposable {
  /** Removed when the group ends. */
  readonly folder: string;
  /**
   * Starts a child and resolves when it is ready. Fails with `unavailable` and its last lines when it ends before,
   * `deadline-exceeded` when it isn't ready in time; a child that failed so takes the group with it.
   */
  start(options: FleetProcessOptions, signal?: AbortSignal): Promise<FleetProcess>;
  /** Settles when the group has ended and nothing of it is left. */
  readonly ended: Promise<GroupEnd>;
  /** Ends all children. Calling it again waits for the same end. */
  stop(reason?: string): Promise<GroupEnd>;
}

/** What a group works with. */
export interface ProcessGroupCollaborators {
  /** Default the machine's own time. */
  readonly clock?: Clock;
  /** Hears what happens to the group: a start, an end, the reason. */
  readonly report?: (line: string) => void;
}

/** How a group behaves. */
export interface ProcessGroupOptions {
  /** Signals to this process that end the group; default SIGINT, SIGTERM and SIGHUP. They are left alone once it has ended. */
  readonly endOnSignals?: readonly NodeJS.Signals[];
  /** The longest that the graces of all children may add up to. Default 10 s. */
  readonly stopLimitMs?: number;
}

/** Makes a group without children. Dispose it, or it ends with this process. */
export async function createProcessGroup(
  collaborators: ProcessGroupCollaborators = {},
  options: ProcessGroupOptions = {},
): Promise<ProcessGroup> {
  const folder = await makeTemporaryFolder('fleet');
  return new GuardedGroup(collaborators, folder, options);
}

interface Member extends FleetProcess {
  readonly child: GuardedChild;
  readonly options: FleetProcessOptions;
  readonly tail: LogTail;
  expectedToEnd: boolean;
}

/** How long the last output of a child that has ended is waited for: something that left its group may hold the pipe. */
const DRAIN_LIMIT_MS = 500;

class GuardedGroup implements ProcessGroup {
  readonly folder: string;
  readonly ended: Promise<GroupEnd>;
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #guardian: Guardian;
  readonly #members: Member[] = [];
  readonly #signals: readonly NodeJS.Signals[];
  readonly #stopLimitMs: number;
  #settle: (end: GroupEnd) => void = () => undefined;
  #ending = false;

  constructor(collaborators: ProcessGroupCollaborators, folder: string, options: ProcessGroupOptions) {
    this.folder = folder;
    this.#clock = collaborators.clock ?? createSystemClock();
    this.#report = collaborators.report ?? (() => undefined);
    this.#guardian = createGuardian(this.#clock, { removePaths: [folder] });
    this.#signals = options.endOnSignals ?? ['SIGINT', 'SIGTERM', 'SIGHUP'];
    this.#stopLimitMs = options.stopLimitMs ?? 10_000;
    this.ended = new Promise(resolve => {
      this.#settle = resolve;
    });
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  async start(options: FleetProcessOptions, signal?: AbortSignal): Promise<FleetProcess> {
    signal?.throwIfAborted();
    this.#checkMayStart(options.name);
    const member = this.#spawn(options);
    this.#report(`${options.name} started as process ${member.pid}`);
    try {
      await this.#awaitReady(member, signal);
      return member;
    } catch (cause) {
      const failure = AiflowError.from(cause);
      member.expectedToEnd = true;
      await stopChild(this.#clock, member.child, options.graceMs ?? 3000);
      if (options.mayEnd !== true) await this.#end({ reason: failure.message, failure });
      throw failure;
    }
  }

  stop(reason = 'stopped'): Promise<GroupEnd> {
    return this.#end({ reason, failure: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#ending) this.#killAll();
    else void this.stop(`signal ${signal}`);
  };

  #killAll(): void {
    for (const { child } of this.#members) child.signal('SIGKILL');
  }

  #checkMayStart(name: string): void {
    if (this.#ending) throw new AiflowError('failed-precondition', `can't start ${name}: its group has ended`); // P4
    if (this.#members.some(member => member.name === name))
      throw new AiflowError('already-exists', `a process named ${name} was started in this group already`);
  }

  #spawn(options: FleetProcessOptions): Member {
    const env = { ...process.env, ...options.env };
    const child = this.#guardian.spawn(options.command, options.args ?? [], {
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const tail = createLogTail();
    const drained = readLines(child, tail, options.onLine);
    const exited = child.exited.then(async exit => {
      const timer = this.#clock.setTimer(DRAIN_LIMIT_MS, () => closeOutput(child));
      await drained;
      timer.cancel();
      return exit;
    });
    const member: Member = {
      ...{ name: options.name, pid: child.pid, child, options, tail, expectedToEnd: options.mayEnd === true },
      exited,
      log: () => tail.lines(),
      stop: () => {
        member.expectedToEnd = true;
        return stopChild(this.#clock, child, options.graceMs ?? 3000);
      },
      kill: () => void child.signal('SIGKILL'),
    };
    this.#members.push(member);
    void member.exited.then(exit => this.#onExit(member, exit));
    return member;
  }

  async #awaitReady(member: Member, signal: AbortSignal | undefined): Promise<void> {
    const { options, name } = member;
    if (options.isReady === undefined) return;
    const limitMs = options.readyLimitMs ?? 15_000;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = this.#clock.setTimer(limitMs, () =>
      stop.abort(
        new AiflowError(
          'deadline-exceeded',
          `${name} was not ready within readyLimitMs ${limitMs}${lastLines(member)}`,
        ),
      ),
    );
    const aborted = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    const died = member.exited.then(exit => Promise.reject(endedTooSoon(member, exit)));
    try {
      await Promise.race([options.isReady(stop.signal), aborted, died]);
    } finally {
      died.catch(() => undefined); // a later death is the group's matter
      aborted.catch(() => undefined);
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      stop.abort(new AiflowError('cancelled', `${name} needs no readiness probe any more`));
    }
  }

  /** P1: a death that nobody asked for ends all. */
  #onExit(member: Member, exit: ProcessExit): void {
    this.#report(`${member.name} ended by ${describeExit(exit)}`);
    if (this.#ending || member.expectedToEnd) return;
    const failure = new AiflowError(
      'unavailable',
      `${member.name} ended by ${describeExit(exit)}${lastLines(member)}`,
      {
        details: { process: member.name },
      },
    );
    void this.#end({ reason: failure.message, failure });
  }

  async #end(end: GroupEnd): Promise<GroupEnd> {
    if (this.#ending) return this.ended;
    this.#ending = true;
    this.#report(`ending the group: ${end.reason.split('\n')[0]}`);
    const limit = this.#clock.setTimer(this.#stopLimitMs, () => this.#killAll());
    for (const { child, options } of this.#members.toReversed())
      await stopChild(this.#clock, child, options.graceMs ?? 3000); // P2
    limit.cancel();
    await Promise.all(this.#members.map(({ exited }) => exited));
    await this.#guardian.close();
    await removeFolder(this.folder);
    for (const signal of this.#signals) process.removeListener(signal, this.#onSignal);
    this.#settle(end);
    return end;
  }
}

function closeOutput({ stdout, stderr }: GuardedChild): void {
  stdout.destroy();
  stderr.destroy();
}

function endedTooSoon(member: Member, exit: ProcessExit): AiflowError {
  return new AiflowError(
    'unavailable',
    `${member.name} ended by ${describeExit(exit)} before it was ready${lastLines(member)}`,
    {
      details: { process: member.name },
    },
  );
}

function lastLines({ tail, options }: Member): string {
  const { quoteLine = (text: string): string => text } = options;
  const written = tail.lines();
  const lines = written.map(quoteLine).filter(line => line !== undefined);
  if (lines.length > 0) return `; its last lines:\n${lines.slice(-8).join('\n')}`;
  return written.length === 0 ? ' and wrote nothing' : '';
}
