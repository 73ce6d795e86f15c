import type { Clock } from '@aiflow/time';
import type { EngineOptions } from '../inference/create-engine.ts';
import type { Logger } from '../logger.ts';
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
/** True when a call failed because its host process ended. The call may have had no effect, or all of it. */
export declare function isHostLost(error: unknown): boolean;
/**
 * Starts a host and waits until it is ready.
 *
 * @throws AiflowError what loading the family fails with, or a lost-host error.
 */
export declare function startHostProcess(
  { clock, logger }: HostCollaborators,
  options: EngineOptions,
  watch: HostWatch,
): Promise<HostProcess>;
//# sourceMappingURL=host-process.d.ts.map
