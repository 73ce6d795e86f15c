import type { EngineOptions } from '../inference/create-engine.ts';
import { type HostCollaborators, type HostProcess, type HostWatch } from './host-process.ts';
/** Hands out the host to call. */
export interface HostSupervisor {
  /** Hosts started after the first because one ended. */
  readonly restarts: number;
  /** Hosts replaced for their memory. */
  readonly recycles: number;
  /** The serving host, or the next one. `unavailable` when none comes in time. */
  host(signal?: AbortSignal): Promise<HostProcess>;
  /** Tells that `host` answered a call, so that its health and memory can be judged. */
  answered(host: HostProcess): void;
  stop(): Promise<void>;
}
/** Limits of the hosts to keep. */
export interface SupervisorOptions extends HostWatch {
  readonly engine: EngineOptions;
  readonly rssLimitBytes: number;
}
/** Delays between two starts, in milliseconds. */
export declare const BACKOFF: {
  readonly firstMs: 100;
  readonly mostMs: 10000;
};
/**
 * Starts the first host.
 *
 * @throws AiflowError what loading the family fails with, or `resource-exhausted` where it needs more than `rssLimitBytes`.
 */
export declare function createHostSupervisor(
  collaborators: HostCollaborators,
  options: SupervisorOptions,
): Promise<HostSupervisor>;
//# sourceMappingURL=host-supervisor.d.ts.map
