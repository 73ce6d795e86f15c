// SPDX-License-Identifier: Apache-2.0
//
// The engine in this process. Computing blocks the event loop for a graph's time (milliseconds), so a node that
// answers heartbeats runs it behind `createHostedEngine`.
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { type BufferPool, createBufferPool } from '../cache/buffer-pool.ts';
import { createSessionStore, type SessionStore } from '../cache/session-store.ts';
import type {
  ComputeFormat,
  DraftRequest,
  DraftResult,
  MeasuringEngine,
  VerifyRequest,
  VerifyResult,
} from '../engine.ts';
import type { Logger } from '../logger.ts';
import { type ExitChoice, findExit, lastRung } from '../manifest/exit-choice.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { tensorContract } from '../manifest/tensor-contract.ts';
import { checkBase, checkCount, checkOpen, checkTokens } from './check-request.ts';
import { type DecodeContext, draftTokens, verifyTokens } from './decoder.ts';
import { measureInformation } from './information.ts';
import type { Rungs } from './ladder.ts';
import { type LoadedFamily, loadFamily } from './load-family.ts';
import { createPacing, type Pacing, processorTimeMs, throwIfGivenUp } from './pacing.ts';
import { rungsOf } from './rung-upgrade.ts';
import type { RungsByExit } from './serving-rungs.ts';
import { createSession, type Session } from './session.ts';
import { createTurns } from './turns.ts';
import { measureCurve, spreadTokens } from './verify-curve.ts';

/** What an engine needs from its surroundings. */
export interface EngineCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told each time an exit of a progressive engine serves from another rung. */
  readonly onRungsChanged?: (rungs: ReadonlyMap<number, number>) => void;
}

/** Which part of which family to run, and within what bounds. */
export interface EngineOptions {
  readonly familyFolder: string;
  /** Refuse the folder when it holds another family. */
  readonly family?: string;
  /** Depths to load, at their last rung or the one named; each needs only its own segments. */
  readonly exits: readonly ExitChoice[];
  /** Serve as soon as rung 1 of each exit is loaded, and load the rest meanwhile. Default false. */
  readonly progressive?: boolean;
  /**
   * Load the trunk from this layer on only, an exit's depth: such an engine continues relayed sessions and refuses, with
   * `failed-precondition`, what needs more. Default 0.
   */
  readonly fromLayer?: number;
  readonly format: ComputeFormat;
  /** Where built graphs are kept. May be shared between processes and deleted at any time. */
  readonly cacheFolder: string;
  /** Threads inside one step. Default 1, the faster choice where nodes share a machine. */
  readonly threads?: number;
  /** Bytes of session caches; least recently used sessions go first. Default 256 MiB. */
  readonly maxCacheBytes?: number;
  /** Default 256. */
  readonly maxSessions?: number;
  /** Calls that may wait or run; more are refused with `resource-exhausted`. Default 64. */
  readonly maxWaiting?: number;
  /** Emulates a machine so many times slower by sleeping. Default 1. */
  readonly slowdown?: number;
}

/** Idle buffers may take a quarter of what caches may. */
const POOLED_SHARE = 4;

const DEFAULTS = {
  progressive: false,
  fromLayer: 0,
  threads: 1,
  maxCacheBytes: 256 * 2 ** 20,
  maxSessions: 256,
  maxWaiting: 64,
  slowdown: 1,
};

/**
 * Loads a family member.
 *
 * @throws AiflowError `not-found` for a missing file or exit, `data-loss` for a file that does not match its hash,
 * `invalid-argument` for an unusable manifest or another family, `unimplemented` for a format that is not built.
 */
export async function createEngine(
  collaborators: EngineCollaborators,
  options: EngineOptions,
): Promise<MeasuringEngine> {
  const settings = { ...DEFAULTS, ...options };
  const loaded = await loadFamily(collaborators, settings);
  const pool = createBufferPool({ maxBytes: settings.maxCacheBytes / POOLED_SHARE });
  const sessions = createSessionStore<Session>({
    maxBytes: settings.maxCacheBytes,
    maxSessions: settings.maxSessions,
  });
  return assemble({ ...collaborators, loaded, sessions, pool }, settings);
}

interface EngineParts extends EngineCollaborators {
  readonly loaded: LoadedFamily;
  readonly sessions: SessionStore<Session>;
  readonly pool: BufferPool;
}

type Settings = EngineOptions & typeof DEFAULTS;

function assemble(parts: EngineParts, settings: Settings): MeasuringEngine {
  const { sessions, clock, pool } = parts;
  const { manifest, serving } = parts.loaded;
  const { dimensions } = manifest;
  const turns = createTurns({ maxWaiting: settings.maxWaiting });
  const { draft, verify } = createSessionCalls(parts);
  const start = (signal?: AbortSignal): Pacing =>
    createPacing({ clock, processorMs: processorTimeMs, slowdown: settings.slowdown, signal });
  const onTrial = <Result>(prompt: readonly number[], work: SessionWork<Result>): Promise<Result> =>
    turns.take('', async () => {
      const request = { session: 'trial', prompt };
      checkOpen(request, dimensions);
      const session = createSession(pool, request, dimensions);
      return serving.during(byExit => work(session, byExit)).finally(() => session.release());
    });
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
    draft: (request, signal) => turns.take(request.session, () => draft(request, start(signal))),
    verify: (request, signal) => turns.take(request.session, () => verify(request, start(signal))),
    close: session => turns.take(session, async () => sessions.remove(session)),
    status: async () => ({
      sessions: sessions.size,
      cachedBytes: sessions.bytes,
      residentBytes: process.memoryUsage.rss(),
    }),
    measureBits: ({ exit, ids }, signal) =>
      onTrial(ids.slice(0, dimensions.context), (session, byExit) =>
        measureInformation(createContext(parts, byExit, { exit, session, pacing: start(signal) })),
      ),
    measureVerifyCurve: ({ exit, tokens, promptLength = 128, repeats = 5 }, signal) =>
      onTrial(spreadTokens(Math.min(promptLength, dimensions.context >> 1), dimensions.vocabulary), (session, byExit) =>
        measureCurve(createContext(parts, byExit, { exit, session, pacing: start(signal) }), parts, {
          tokens,
          repeats,
        }),
      ),
    [Symbol.asyncDispose]: () => parts.loaded.release(),
  };
}

/** Work on a session with the stages that serve when it begins. */
type SessionWork<Result> = (session: Session, byExit: RungsByExit) => Promise<Result>;

interface SessionCalls {
  draft(request: DraftRequest, pacing: Pacing): Promise<DraftResult>;
  verify(request: VerifyRequest, pacing: Pacing): Promise<VerifyResult>;
}

function createSessionCalls(parts: EngineParts): SessionCalls {
  const { manifest, serving } = parts.loaded;
  const { dimensions } = manifest;
  /** Whatever fails half-way leaves the session as if it had been cropped to the request's base. */
  const change = <Result>(
    request: DraftRequest | VerifyRequest,
    given: readonly number[],
    work: SessionWork<Result>,
  ): Promise<Result> =>
    parts.sessions.using(request.session, async session => {
      checkBase(request.session, request.base, session.answerLength);
      checkTokens(`request for session ${request.session}`, given, dimensions);
      session.replaceFrom(request.base, given);
      return serving
        .during(byExit => work(session, byExit))
        .catch(error => {
          session.replaceFrom(request.base, []);
          throw error;
        });
    });
  return {
    draft: (request, pacing) =>
      change(request, request.given ?? [], async (session, byExit) => {
        checkCount('count', request.count);
        const context = createContext(parts, byExit, { exit: request.exit, session, pacing });
        const outcome = await draftTokens(context, request.count);
        return { ...outcome, computeMs: pacing.elapsedMs() };
      }),
    verify: (request, pacing) =>
      change(request, request.tokens, async (session, byExit) => {
        const context = createContext(parts, byExit, { exit: request.exit, session, pacing });
        requireLastRung(manifest, request.exit, context.rungs);
        const outcome = await verifyTokens(context, request.base);
        return { ...outcome, computeMs: pacing.elapsedMs() };
      }),
  };
}

function createContext(
  { loaded: { manifest, embedding } }: EngineParts,
  byExit: RungsByExit,
  { exit, session, pacing }: { readonly exit: number; readonly session: Session; readonly pacing: Pacing },
): DecodeContext {
  return {
    session,
    rungs: stagesOf(byExit, exit),
    embedding,
    endToken: manifest.tokenizer.specials.end,
    maxRows: manifest.dimensions.context,
    checkpoint: () => pacing.checkpoint(),
  };
}

/** A smaller block is another network: it may propose in the exit's name but not judge. */
function requireLastRung(manifest: FamilyManifest, exit: number, { rung }: Rungs): void {
  const last = lastRung(findExit(manifest, exit));
  if (rung === last) return;
  throw new AiflowError(
    'failed-precondition',
    `exit ${exit} is loaded at rung ${rung}, verifying needs its last rung ${last}: load that, or wait until it serves`,
    { details: { exit: String(exit), rung: String(rung), lastRung: String(last) } },
  );
}

function stagesOf(byExit: RungsByExit, exit: number): Rungs {
  const found = byExit.get(exit);
  if (found !== undefined) return found;
  const held = [...byExit.keys()].join(', ');
  throw new AiflowError('not-found', `exit ${exit} is not loaded: this engine holds ${held}`, {
    details: { exit: String(exit) },
  });
}
