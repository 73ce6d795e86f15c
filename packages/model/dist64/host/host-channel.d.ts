import type { ChildProcess } from 'node:child_process';
import type { Clock } from '@aiflow/time';
import type { Logger } from '../logger.ts';
import { type HostDescription, type HostMethod, type ToHost } from './host-protocol.ts';
/** Value of `details.host` on errors that mean the process is gone. */
export declare const LOST_HOST = 'lost';
/** One host's channel from the node's side. */
export interface HostChannel {
  /** Settles with the host's first word. */
  readonly ready: Promise<HostDescription>;
  readonly residentBytes: number;
  /** The rung that serves, by exit; empty before the host's first word. */
  readonly rungs: ReadonlyMap<number, number>;
  readonly callsUnderWay: number;
  send(message: ToHost): void;
  call(method: HostMethod, request: unknown, signal: AbortSignal | undefined): Promise<unknown>;
  /** Kills the process and remembers why. */
  kill(reason: string): void;
  /** Tells the channel that the process has ended; returns why, which is better known here after a kill. */
  lose(reason: string): string;
}
/** What a channel needs and its one limit. */
export interface HostChannelOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly silenceLimitMs: number;
}
/** Listens to `child` from now on. */
export declare function createHostChannel(child: ChildProcess, options: HostChannelOptions): HostChannel;
//# sourceMappingURL=host-channel.d.ts.map
