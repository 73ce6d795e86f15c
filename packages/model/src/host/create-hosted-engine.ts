// SPDX-License-Identifier: Apache-2.0
//
// The engine in a process of its own: a step never blocks the node's loop, native memory is given back by replacing
// the process, and a crash costs a rebuild.
//
// E1  The truth about a session is its token ids, kept here. A host that lacks a session gets it opened again first.
// E2  Drafting and verifying depend on ids alone, so a call whose host was lost is made once more on the next one.
//     States that were received live in the host alone: on the next one they are computed from the ids or, where the
//     engine lacks the layers below, asked for again (`failed-precondition` names their positions).
// E3  An aborted call fails at once for its caller; the session's next call still waits until the host is done with it.
import type { BatchingEngine } from '../engine.ts';
import type { EngineOptions } from '../inference/engine-options.ts';
import { createTurns } from '../inference/turns.ts';
import { createEngineCalls } from './engine-calls.ts';
import { createHostAttempts } from './host-attempts.ts';
import type { HostCollaborators } from './host-process.ts';
import { createHostSupervisor } from './host-supervisor.ts';
import { createHostedSessions } from './hosted-sessions.ts';
import { createSessionLedger } from './session-ledger.ts';

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
export interface HostedEngine extends BatchingEngine {
  statistics(): HostStatistics;
}

const DEFAULTS = {
  rssLimitBytes: 2 ** 30,
  startLimitMs: 60_000,
  silenceLimitMs: 5000,
  maxSessions: 256,
  maxWaiting: 64,
};

/**
 * Starts a model host and waits until it is warm.
 *
 * @throws AiflowError as {@link createEngine}; `resource-exhausted` where a fresh host exceeds `rssLimitBytes`.
 * Calls fail with `unavailable` when the host was lost twice or no new one came up in time.
 */
export async function createHostedEngine(
  collaborators: HostCollaborators,
  options: HostedEngineOptions,
): Promise<HostedEngine> {
  const settings = { ...DEFAULTS, ...options };
  const supervisor = await createHostSupervisor(collaborators, { ...settings, engine: engineOptions(options) });
  const first = await supervisor.host();
  const attempts = createHostAttempts(supervisor, first);
  const sessions = createHostedSessions({
    attempts,
    ledger: createSessionLedger(settings),
    turns: createTurns(settings),
  });
  return {
    ...first.description,
    format: options.format,
    get rungs() {
      return attempts.latest.rungs;
    },
    ...createEngineCalls({ attempts, sessions }),
    statistics: () => ({
      pid: attempts.latest.pid,
      restarts: supervisor.restarts,
      recycles: supervisor.recycles,
      residentBytes: attempts.latest.residentBytes,
    }),
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}

function engineOptions(options: HostedEngineOptions): EngineOptions {
  const { rssLimitBytes: _rss, startLimitMs: _start, silenceLimitMs: _silence, ...engine } = options;
  return engine;
}
