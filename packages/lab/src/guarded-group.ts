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
import { type GroupMember, startMember } from './group-member.ts';
import { createGuardian, describeExit, type Guardian, type ProcessExit } from './guardian.ts';
import type {
  FleetProcess,
  FleetProcessOptions,
  GroupEnd,
  ProcessGroup,
  ProcessGroupCollaborators,
  ProcessGroupOptions,
} from './process-group.ts';
import { removeFolder } from './temporary-folder.ts';

/** See {@link ProcessGroup}. */
export class GuardedGroup implements ProcessGroup {
  readonly folder: string;
  readonly ended: Promise<GroupEnd>;
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #guardian: Guardian;
  readonly #members: GroupMember[] = [];
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
    const member = this.#admit(options);
    try {
      await member.awaitReady(signal);
      return member;
    } catch (cause) {
      const failure = AiflowError.from(cause);
      await member.stop();
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
    for (const member of this.#members) member.kill();
  }

  #checkMayStart(name: string): void {
    if (this.#ending) throw new AiflowError('failed-precondition', `can't start ${name}: its group has ended`); // P4
    if (this.#members.some(member => member.name === name))
      throw new AiflowError('already-exists', `a process named ${name} was started in this group already`);
  }

  #admit(options: FleetProcessOptions): GroupMember {
    const member = startMember(this.#clock, this.#guardian, options);
    this.#members.push(member);
    void member.exited.then(exit => this.#onExit(member, exit));
    this.#report(`${member.name} started as process ${member.pid}`);
    return member;
  }

  /** P1: a death that nobody asked for ends all. */
  #onExit(member: GroupMember, exit: ProcessExit): void {
    this.#report(`${member.name} ended by ${describeExit(exit)}`);
    if (this.#ending || member.expectedToEnd) return;
    const failure = member.failureOf(exit);
    void this.#end({ reason: failure.message, failure });
  }

  async #end(end: GroupEnd): Promise<GroupEnd> {
    if (this.#ending) return this.ended;
    this.#ending = true;
    this.#report(`ending the group: ${end.reason.split('\n')[0]}`);
    const limit = this.#clock.setTimer(this.#stopLimitMs, () => this.#killAll());
    for (const member of this.#members.toReversed()) await member.stop(); // P2
    limit.cancel();
    await Promise.all(this.#members.map(({ exited }) => exited));
    await this.#guardian.close();
    await removeFolder(this.folder);
    for (const signal of this.#signals) process.removeListener(signal, this.#onSignal);
    this.#settle(end);
    return end;
  }
}
