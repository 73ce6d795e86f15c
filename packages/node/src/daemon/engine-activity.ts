// SPDX-License-Identifier: Apache-2.0
import type { HostedEngine } from '@aiflow/model';
import type { Clock } from '@aiflow/time';

/** For how many sessions a model works. */
export interface EngineActivity {
  /** Whether a call of a session, or one that weighs a question, is under way. */
  readonly busy: boolean;
  /** Sessions with calls under way at the same time, averaged with a weight that fades within seconds. */
  meanSessions(): number;
  /** Calls `listener` when the model begins to work after it had nothing to do, until the returned function is called. */
  onBusy(listener: () => void): () => void;
}

/** An engine that is watched, and what was seen. */
export interface WatchedEngine {
  /** Like the engine that was given, which stays the caller's. Only calls made here count. */
  readonly engine: HostedEngine;
  readonly activity: EngineActivity;
}

/** After so long, what was seen weighs a third. */
const FADE_MS = 5000;

/**
 * Watches the calls that questions make. One session counts once, however many of its calls are under way, so that an
 * owner who asks ahead does not find the node busy with itself.
 */
export function watchEngine(engine: HostedEngine, { clock }: { readonly clock: Clock }): WatchedEngine {
  const meter = createSessionMeter(clock);
  const one = <Request extends { readonly session: string }, Result>(
    call: (request: Request, signal?: AbortSignal) => Promise<Result>,
  ) => {
    return (request: Request, signal?: AbortSignal): Promise<Result> =>
      meter.during([request.session], () => call(request, signal));
  };
  const many = <Request extends { readonly session: string }, Result>(
    call: (requests: readonly Request[], signal?: AbortSignal) => Promise<Result>,
  ) => {
    return (requests: readonly Request[], signal?: AbortSignal): Promise<Result> =>
      meter.during(
        requests.map(({ session }) => session),
        () => call(requests, signal),
      );
  };
  const watched: HostedEngine = {
    ...engine,
    get rungs() {
      return engine.rungs;
    },
    ...{ open: one(engine.open), draft: one(engine.draft), verify: one(engine.verify) },
    ...{ draftMany: many(engine.draftMany), verifyMany: many(engine.verifyMany), readState: one(engine.readState) },
    writeState: (session, state, signal) => meter.during([session], () => engine.writeState(session, state, signal)),
    measureBits: (request, signal) => meter.during([request], () => engine.measureBits(request, signal)),
  };
  return { engine: watched, activity: meter };
}

interface SessionMeter extends EngineActivity {
  during<Result>(sessions: readonly unknown[], work: () => Promise<Result>): Promise<Result>;
}

function createSessionMeter(clock: Clock): SessionMeter {
  const callsBySession = new Map<unknown, number>();
  const listeners = new Set<() => void>();
  let mean = 0;
  let atMs = clock.nowMs();
  /** Up to now it was as it is; called before each change. */
  const settle = (): number => {
    const nowMs = clock.nowMs();
    const kept = Math.exp((atMs - nowMs) / FADE_MS);
    atMs = nowMs;
    mean = kept * mean + (1 - kept) * callsBySession.size;
    return mean;
  };
  const count = (session: unknown, change: 1 | -1): void => {
    const calls = (callsBySession.get(session) ?? 0) + change;
    if (calls === 0) callsBySession.delete(session);
    else callsBySession.set(session, calls);
  };
  const enter = (sessions: readonly unknown[]): void => {
    settle();
    const wasIdle = callsBySession.size === 0;
    for (const session of sessions) count(session, 1);
    if (wasIdle) for (const listener of [...listeners]) listener();
  };
  return {
    get busy() {
      return callsBySession.size > 0;
    },
    meanSessions: settle,
    onBusy: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    during: async (sessions, work) => {
      enter(sessions);
      try {
        return await work();
      } finally {
        settle();
        for (const session of sessions) count(session, -1);
      }
    },
  };
}
