// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { ChildLine } from './child-lines.ts';
import type { ProcessExit } from './guardian.ts';

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
