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
import { type FamilyFolder, openFamilyFolder } from '../manifest/family-folder.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { segmentsFor } from '../manifest/segments.ts';
import { tensorContract } from '../manifest/tensor-contract.ts';
import { createFamilyGraphs } from '../onnx/family-graphs.ts';
import { createGraphCache } from '../onnx/graph-cache.ts';
import { checkBase, checkCount, checkOpen, checkTokens } from './check-request.ts';
import { type DecodeContext, draftTokens, verifyTokens } from './decoder.ts';
import { createEmbedding, type Embedding } from './embedding.ts';
import { measureInformation } from './information.ts';
import type { Rungs } from './ladder.ts';
import { type LoadedRungs, loadRungs } from './load-rungs.ts';
import { createPacing, type Pacing, processorTimeMs, throwIfGivenUp } from './pacing.ts';
import { createSession, type Session } from './session.ts';
import { createTurns } from './turns.ts';
import { measureCurve, spreadTokens } from './verify-curve.ts';

/** What an engine needs from its surroundings. */
export interface EngineCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which part of which family to run, and within what bounds. */
export interface EngineOptions {
  readonly familyFolder: string;
  /** Refuse the folder when it holds another family. */
  readonly family?: string;
  /** Depths to load; each needs only its own segments. */
  readonly exits: readonly number[];
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

const DEFAULTS = { threads: 1, maxCacheBytes: 256 * 2 ** 20, maxSessions: 256, maxWaiting: 64, slowdown: 1 };

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
  const { format } = settings;
  if (format === 'int4') throw new AiflowError('unimplemented', 'format int4 is not built: use fp32 or int8');
  if (settings.exits.length === 0) throw new AiflowError('invalid-argument', 'exits is empty, expected at least one');
  const family = await openFamilyFolder(settings.familyFolder, settings.family);
  await verifySegments(family, settings.exits);
  const cache = createGraphCache(collaborators, settings.cacheFolder);
  const graphs = createFamilyGraphs({ family, cache }, { format, threads: settings.threads });
  const loaded = await loadRungs(graphs, family.manifest, settings.exits);
  const embedding = createEmbedding(await graphs.embedding(), family.manifest.dimensions);
  const pool = createBufferPool({ maxBytes: settings.maxCacheBytes / POOLED_SHARE });
  const sessions = createSessionStore<Session>({
    maxBytes: settings.maxCacheBytes,
    maxSessions: settings.maxSessions,
  });
  return assemble({ ...collaborators, manifest: family.manifest, embedding, loaded, sessions, pool }, settings);
}

/** Also where cached graphs make the weights unnecessary: a damaged folder must not go unnoticed until the cache is gone. */
async function verifySegments({ manifest, read }: FamilyFolder, exits: readonly number[]): Promise<void> {
  for (const segment of segmentsFor(manifest, exits)) await read(segment);
}

interface EngineParts extends EngineCollaborators {
  readonly manifest: FamilyManifest;
  readonly embedding: Embedding;
  readonly loaded: LoadedRungs;
  readonly sessions: SessionStore<Session>;
  readonly pool: BufferPool;
}

type Settings = EngineOptions & typeof DEFAULTS;

function assemble(parts: EngineParts, settings: Settings): MeasuringEngine {
  const { manifest, sessions, loaded, clock, pool } = parts;
  const { dimensions } = manifest;
  const turns = createTurns({ maxWaiting: settings.maxWaiting });
  const { draft, verify } = createSessionCalls(parts);
  const start = (signal?: AbortSignal): Pacing =>
    createPacing({ clock, processorMs: processorTimeMs, slowdown: settings.slowdown, signal });
  const contextFor = (exit: number, session: Session, pacing: Pacing): DecodeContext =>
    createContext(parts, { exit, session, pacing });
  const onTrial = <Result>(prompt: readonly number[], work: (session: Session) => Promise<Result>): Promise<Result> =>
    turns.take('', async () => {
      const request = { session: 'trial', prompt };
      checkOpen(request, dimensions);
      const session = createSession(pool, request, dimensions);
      return work(session).finally(() => session.release());
    });
  return {
    family: manifest.family,
    format: settings.format,
    exits: [...loaded.byExit.keys()],
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
      onTrial(ids.slice(0, dimensions.context), session =>
        measureInformation(contextFor(exit, session, start(signal))),
      ),
    measureVerifyCurve: ({ exit, tokens, promptLength = 128, repeats = 5 }, signal) =>
      onTrial(spreadTokens(Math.min(promptLength, dimensions.context >> 1), dimensions.vocabulary), session =>
        measureCurve(contextFor(exit, session, start(signal)), parts, { tokens, repeats }),
      ),
    [Symbol.asyncDispose]: () => loaded.release(),
  };
}

interface SessionCalls {
  draft(request: DraftRequest, pacing: Pacing): Promise<DraftResult>;
  verify(request: VerifyRequest, pacing: Pacing): Promise<VerifyResult>;
}

function createSessionCalls(parts: EngineParts): SessionCalls {
  const { dimensions } = parts.manifest;
  /** Whatever fails half-way leaves the session as if it had been cropped to the request's base. */
  const change = <Result>(
    request: DraftRequest | VerifyRequest,
    given: readonly number[],
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> =>
    parts.sessions.using(request.session, async session => {
      checkBase(request.session, request.base, session.answerLength);
      checkTokens(`request for session ${request.session}`, given, dimensions);
      session.replaceFrom(request.base, given);
      return work(session).catch(error => {
        session.replaceFrom(request.base, []);
        throw error;
      });
    });
  return {
    draft: (request, pacing) =>
      change(request, request.given ?? [], async session => {
        checkCount('count', request.count);
        const outcome = await draftTokens(createContext(parts, { exit: request.exit, session, pacing }), request.count);
        return { ...outcome, computeMs: pacing.elapsedMs() };
      }),
    verify: (request, pacing) =>
      change(request, request.tokens, async session => {
        const outcome = await verifyTokens(createContext(parts, { exit: request.exit, session, pacing }), request.base);
        return { ...outcome, computeMs: pacing.elapsedMs() };
      }),
  };
}

function createContext(
  parts: EngineParts,
  { exit, session, pacing }: { readonly exit: number; readonly session: Session; readonly pacing: Pacing },
): DecodeContext {
  const { manifest, embedding, loaded } = parts;
  return {
    session,
    rungs: rungsOf(loaded, exit),
    embedding,
    endToken: manifest.tokenizer.specials.end,
    maxRows: manifest.dimensions.context,
    checkpoint: () => pacing.checkpoint(),
  };
}

function rungsOf({ byExit }: LoadedRungs, exit: number): Rungs {
  const found = byExit.get(exit);
  if (found !== undefined) return found;
  const held = [...byExit.keys()].join(', ');
  throw new AiflowError('not-found', `exit ${exit} is not loaded: this engine holds ${held}`, {
    details: { exit: String(exit) },
  });
}
