import type { RelayingEngine } from '../engine.ts';
import type { EngineOptions } from '../inference/create-engine.ts';
import { type HostCollaborators } from './host-process.ts';
/** How to run an engine in a process of its own. */
export interface HostedEngineOptions extends EngineOptions {
  /** A host that takes more is replaced by a fresh one; no call notices. Default 1 GiB. */
  readonly rssLimitBytes?: number;
  /** Most time to load and warm up. Default 60,000. */
  readonly startLimitMs?: number;
  /** A host that neither answers nor pulses for so long is killed. Default 5,000. */
  readonly silenceLimitMs?: number;
}
/** What happened to the hosts so far. */
export interface HostStatistics {
  /** Process id of the serving host; undefined while there is none. */
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly recycles: number;
  /** As of the serving host's last answer. */
  readonly residentBytes: number;
}
/** An engine whose host can be looked at. */
export interface HostedEngine extends RelayingEngine {
  statistics(): HostStatistics;
}
/**
 * Starts a model host and waits until it is warm.
 *
 * @throws AiflowError as {@link createEngine}; `resource-exhausted` where a fresh host exceeds `rssLimitBytes`.
 * Calls fail with `unavailable` when the host was lost twice or no new one came up in time.
 */
export declare function createHostedEngine(
  collaborators: HostCollaborators,
  options: HostedEngineOptions,
): Promise<HostedEngine>;
//# sourceMappingURL=create-hosted-engine.d.ts.map
