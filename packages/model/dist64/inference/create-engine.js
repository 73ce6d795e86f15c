import { createBufferPool } from '../cache/buffer-pool.js';
import { createSessionStore } from '../cache/session-store.js';
import { tensorContract } from '../manifest/tensor-contract.js';
import { checkOpen } from './check-request.js';
import { loadFamily } from './load-family.js';
import { createPacing, processorTimeMs, throwIfGivenUp } from './pacing.js';
import { rungsOf } from './rung-upgrade.js';
import { createSession } from './session.js';
import { createSessionCalls } from './session-calls.js';
import { createStageCosts } from './stage-costs.js';
import { createTrials } from './trials.js';
import { createTurns } from './turns.js';

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
 * @throws AiflowError `not-found` for a missing file or exit, `data-loss` for a file that does not match its hash,
 * `invalid-argument` for an unusable manifest or another family, `unimplemented` for a format that is not built.
 */
export async function createEngine(collaborators, options) {
  const settings = { ...DEFAULTS, ...options };
  const loaded = await loadFamily(collaborators, settings);
  const pool = createBufferPool({ maxBytes: settings.maxCacheBytes / POOLED_SHARE });
  const sessions = createSessionStore({
    maxBytes: settings.maxCacheBytes,
    maxSessions: settings.maxSessions,
  });
  const costs = createStageCosts({ slowdown: settings.slowdown });
  return assemble({ ...collaborators, loaded, sessions, pool, costs }, settings);
}
function assemble(parts, settings) {
  const { sessions, clock, pool, loaded, costs } = parts;
  const { manifest, serving } = loaded;
  const { dimensions } = manifest;
  const turns = createTurns({ maxWaiting: settings.maxWaiting });
  const calls = createSessionCalls({ ...loaded, sessions, costs, clock });
  const start = signal => createPacing({ clock, processorMs: processorTimeMs, slowdown: settings.slowdown, signal });
  const trials = createTrials(parts, settings);
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
function stagesOf({ byExit }) {
  return [...new Set([...byExit.values()].flatMap(({ trunk, exit }) => [...trunk, exit]))];
}
//# sourceMappingURL=create-engine.js.map
