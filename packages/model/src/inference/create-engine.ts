// SPDX-License-Identifier: Apache-2.0
//
// The engine in this process. Computing blocks the event loop for a graph's time (milliseconds), so a node that
// answers heartbeats runs it behind `createHostedEngine`.
import { type BufferPool, createBufferPool } from '../cache/buffer-pool.ts';
import { createSessionStore, type SessionStore } from '../cache/session-store.ts';
import type { BatchingEngine } from '../engine.ts';
import { tensorContract } from '../manifest/tensor-contract.ts';
import { createBatchedCalls } from './batched-calls.ts';
import { checkOpen } from './check-request.ts';
import type { EngineCollaborators, EngineOptions } from './engine-options.ts';
import type { LoadedFamily } from './load-family.ts';
import { createPacing, type Pacing, processorTimeMs, throwIfGivenUp } from './pacing.ts';
import { rungsOf } from './rung-upgrade.ts';
import type { ServingRungs } from './serving-rungs.ts';
import { createSession, type Session } from './session.ts';
import { createSessionCalls } from './session-calls.ts';
import type { Stage } from './stage.ts';
import { createStageCosts, type StageCosts } from './stage-costs.ts';
import { createTrials } from './trials.ts';
import { createTurns } from './turns.ts';

/** Idle buffers may take a quarter of what caches may. */
const POOLED_SHARE = 4;

const DEFAULTS = {
  progressive: false,
  fromLayer: 0,
  maxGraphBytes: 2 ** 30,
  threads: 1,
  maxCacheBytes: 256 * 2 ** 20,
  maxSessions: 256,
  maxWaiting: 64,
  slowdown: 1,
};

/**
 * Loads a family member.
 *
 * @throws AiflowError `not-found` for a missing file, exit or rung, `data-loss` for a file that does not match its hash or
 * holds other tensors than its manifest says, `invalid-argument` for an unusable manifest or another family,
 * `resource-exhausted` where built graphs do not fit the disk. What fails leaves nothing loaded.
 */
export async function createEngine(
  collaborators: EngineCollaborators,
  options: EngineOptions,
): Promise<BatchingEngine> {
  const settings = { ...DEFAULTS, ...options };
  const { loadFamily } = await import('./load-family.ts'); // a node whose engine is hosted spares itself the runtime
  const loaded = await loadFamily(collaborators, settings);
  const pool = createBufferPool({ maxBytes: settings.maxCacheBytes / POOLED_SHARE });
  const sessions = createSessionStore<Session>({
    maxBytes: settings.maxCacheBytes,
    maxSessions: settings.maxSessions,
  });
  const costs = createStageCosts({ slowdown: settings.slowdown });
  return assemble({ ...collaborators, loaded, sessions, pool, costs }, settings);
}

interface EngineParts extends EngineCollaborators {
  readonly loaded: LoadedFamily;
  readonly sessions: SessionStore<Session>;
  readonly pool: BufferPool;
  readonly costs: StageCosts;
}

type Settings = EngineOptions & typeof DEFAULTS;

function assemble(parts: EngineParts, settings: Settings): BatchingEngine {
  const { sessions, clock, pool, loaded, costs } = parts;
  const { manifest, serving } = loaded;
  const { dimensions } = manifest;
  const turns = createTurns({ maxWaiting: settings.maxWaiting });
  const calls = createSessionCalls({ ...loaded, sessions, costs, clock });
  const start = (signal?: AbortSignal): Pacing =>
    createPacing({ clock, processorMs: processorTimeMs, slowdown: settings.slowdown, signal });
  const trials = createTrials(parts, settings);
  const batched = createBatchedCalls({ turns, calls, start });
  return {
    family: manifest.family,
    format: settings.format,
    exits: [...serving.byExit.keys()],
    get rungs() {
      return rungsOf(serving);
    },
    tensorContract: tensorContract(manifest, settings.format),
    featureSpaces: new Map(manifest.featureSpaces.map(space => [space.layer, space.id])),
    open: (request, signal) =>
      turns.take(request.session, async () => {
        throwIfGivenUp(signal);
        checkOpen(request, dimensions);
        sessions.put(createSession(pool, request, dimensions));
      }),
    draft: (request, signal) => turns.take(request.session, () => calls.draft(request, start(signal))),
    verify: (request, signal) => turns.take(request.session, () => calls.verify(request, start(signal))),
    draftMany: batched.draftMany,
    verifyMany: batched.verifyMany,
    readState: (request, signal) => turns.take(request.session, () => calls.readState(request, start(signal))),
    writeState: (session, state, signal) => turns.take(session, () => calls.writeState(session, state, start(signal))),
    close: session => turns.take(session, async () => sessions.remove(session)),
    status: async () => ({
      sessions: sessions.size,
      cachedBytes: sessions.bytes,
      residentBytes: process.memoryUsage.rss(),
      ...calls.counts,
      stages: stagesOf(serving).map(stage => ({ ...stage.work, msPerRun: costs.msPerRun(stage) })),
    }),
    measureBits: (request, signal) => turns.take('', () => trials.measureBits(request, start(signal))),
    measureVerifyCurve: (request, signal) => turns.take('', () => trials.measureVerifyCurve(request, start(signal))),
    [Symbol.asyncDispose]: () => loaded.release(),
  };
}

function stagesOf({ byExit }: ServingRungs): readonly Stage[] {
  return [...new Set([...byExit.values()].flatMap(({ trunk, exit }) => [...trunk, exit]))];
}
