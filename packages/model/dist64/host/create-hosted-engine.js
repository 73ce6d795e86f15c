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
import { AiflowError } from '@aiflow/protocol';
import { checkBase } from '../inference/check-request.js';
import { throwIfGivenUp } from '../inference/pacing.js';
import { createTurns } from '../inference/turns.js';
import { isHostLost } from './host-process.js';
import { createHostSupervisor } from './host-supervisor.js';
import { createSessionLedger, reopening } from './session-ledger.js';

const DEFAULTS = {
  rssLimitBytes: 2 ** 30,
  startLimitMs: 60_000,
  silenceLimitMs: 5000,
  maxSessions: 256,
  maxWaiting: 64,
};
const MOST_ATTEMPTS = 2;
/**
 * Starts a model host and waits until it is warm.
 *
 * @throws AiflowError as {@link createEngine}; `resource-exhausted` where a fresh host exceeds `rssLimitBytes`.
 * Calls fail with `unavailable` when the host was lost twice or no new one came up in time.
 */
export async function createHostedEngine(collaborators, options) {
  const settings = { ...DEFAULTS, ...options };
  const supervisor = await createHostSupervisor(collaborators, { ...settings, engine: engineOptions(options) });
  const first = await supervisor.host();
  const ledger = createSessionLedger(settings);
  const turns = createTurns(settings);
  let latest = first;
  const track = host => {
    latest = host;
    return host;
  };
  const calls = createHostCalls({ supervisor, ledger, turns, track });
  return {
    ...first.description,
    format: options.format,
    get rungs() {
      return latest.rungs;
    },
    ...calls,
    statistics: () => ({
      pid: latest.pid,
      restarts: supervisor.restarts,
      recycles: supervisor.recycles,
      residentBytes: latest.residentBytes,
    }),
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
function engineOptions(options) {
  const { rssLimitBytes: _rss, startLimitMs: _start, silenceLimitMs: _silence, ...engine } = options;
  return engine;
}
function createHostCalls(parts) {
  const { ledger, turns } = parts;
  const plain = (method, request, signal) =>
    untilAborted(signal, () => attempt(parts, signal, host => host.call(method, request, signal)));
  return {
    open: (request, signal) =>
      untilAborted(signal, () => turns.take(request.session, () => openSession(parts, request, signal))),
    draft: (request, signal) =>
      continueSession(parts, signal, {
        ...request,
        run: host => host.call('draft', request, signal),
        continuation: ({ tokens }) => [...(request.given ?? []), ...tokens],
      }),
    verify: (request, signal) =>
      continueSession(parts, signal, {
        ...request,
        run: host => host.call('verify', request, signal),
        continuation: ({ accepted, correction }) => [
          ...request.tokens.slice(0, accepted),
          ...(correction === undefined ? [] : [correction]),
        ],
      }),
    readState: (request, signal) =>
      continueSession(parts, signal, {
        ...request,
        run: host => host.call('readState', request, signal),
        continuation: () => request.given ?? [],
      }),
    writeState: (session, state, signal) =>
      untilAborted(signal, () => turns.take(session, () => writeState(parts, { session, state }, signal))),
    close: session =>
      turns.take(session, async () => {
        const host = ledger.find(session)?.host;
        ledger.remove(session);
        await host?.call('close', session).catch(error => {
          if (!isHostLost(error)) throw error;
        });
      }),
    status: async () => ({ ...(await plain('status', undefined)), sessions: ledger.size }),
    measureBits: (request, signal) => plain('measureBits', request, signal),
    measureVerifyCurve: (request, signal) => plain('measureVerifyCurve', request, signal),
  };
}
async function openSession(parts, request, signal) {
  const entry = parts.ledger.put(request);
  await attempt(parts, signal, host => bring(entry, host, signal)).catch(error => {
    parts.ledger.remove(request.session);
    throw error;
  });
}
async function writeState(parts, call, signal) {
  const entry = parts.ledger.find(call.session);
  if (entry === undefined) throw notHeld(call.session);
  const run = host => host.call('writeState', call, signal);
  await attempt(parts, signal, host => runOrReopen({ entry, host, run, signal }));
}
function continueSession(parts, signal, call) {
  const work = async () => {
    const entry = parts.ledger.find(call.session);
    if (entry === undefined) throw notHeld(call.session);
    checkBase(call.session, call.base, entry.answer.length);
    const kept = entry.answer.slice(0, call.base);
    try {
      const result = await attempt(parts, signal, host => runOrReopen({ entry, host, run: call.run, signal }));
      entry.answer = [...kept, ...call.continuation(result)];
      return result;
    } catch (error) {
      entry.answer = kept;
      throw error;
    }
  };
  return untilAborted(signal, () => parts.turns.take(call.session, work));
}
/** The host may have dropped the session for lack of room (E1). */
async function runOrReopen({ entry, host, run, signal }) {
  const held = entry.host === host;
  await bring(entry, host, signal);
  return run(host).catch(async error => {
    if (!held || !AiflowError.is(error) || error.code !== 'not-found') throw error;
    entry.host = undefined;
    await bring(entry, host, signal);
    return run(host);
  });
}
async function bring(entry, host, signal) {
  if (entry.host === host) return;
  await host.call('open', reopening(entry), signal);
  entry.host = host;
}
async function attempt({ supervisor, track }, signal, work) {
  for (let made = 1; ; made++) {
    throwIfGivenUp(signal);
    const host = track(await supervisor.host(signal));
    try {
      const result = await work(host);
      supervisor.answered(host);
      return result;
    } catch (error) {
      if (!isHostLost(error) || made === MOST_ATTEMPTS) throw error;
    }
  }
}
async function untilAborted(signal, work) {
  throwIfGivenUp(signal);
  const result = work();
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(AiflowError.from(signal.reason, 'cancelled'));
    signal.addEventListener('abort', giveUp, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
function notHeld(session) {
  return new AiflowError('not-found', `session ${session} is not held: open it again from prompt and answer`);
}
//# sourceMappingURL=create-hosted-engine.js.map
