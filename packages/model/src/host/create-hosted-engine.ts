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
import type { BatchingEngine } from '../engine.ts';
import { checkBase } from '../inference/check-request.ts';
import type { EngineOptions } from '../inference/create-engine.ts';
import { throwIfGivenUp } from '../inference/pacing.ts';
import { createTurns, type Turns } from '../inference/turns.ts';
import type {
  DraftRequest,
  DraftResult,
  OpenRequest,
  VerifyRequest,
  VerifyResult,
} from '../requests/decode-request.ts';
import { askTogether, type HostTogether } from './host-batch.ts';
import { type HostCollaborators, type HostProcess, isHostLost } from './host-process.ts';
import type { HostCalls, HostDescription, HostMethod, WriteStateCall } from './host-protocol.ts';
import { createHostSupervisor, type HostSupervisor } from './host-supervisor.ts';
import { createSessionLedger, type LedgerEntry, reopening, type SessionLedger } from './session-ledger.ts';

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
const MOST_ATTEMPTS = 2;

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
  const ledger = createSessionLedger(settings);
  const turns = createTurns(settings);
  let latest = first;
  const track = (host: HostProcess): HostProcess => {
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

function engineOptions(options: HostedEngineOptions): EngineOptions {
  const { rssLimitBytes: _rss, startLimitMs: _start, silenceLimitMs: _silence, ...engine } = options;
  return engine;
}

interface CallParts {
  readonly supervisor: HostSupervisor;
  readonly ledger: SessionLedger;
  readonly turns: Turns;
  readonly track: (host: HostProcess) => HostProcess;
}

type Calls = Omit<BatchingEngine, keyof HostDescription | 'format' | 'rungs' | typeof Symbol.asyncDispose>;

function createHostCalls(parts: CallParts): Calls {
  const { ledger, turns } = parts;
  const draft = (request: DraftRequest, signal?: AbortSignal, together?: HostTogether<DraftRequest, DraftResult>) =>
    continueSession(parts, signal, {
      ...{ session: request.session, base: request.base, together },
      run: host => (together === undefined ? host.call('draft', request, signal) : together.ask(host, request)),
      continuation: ({ tokens }) => [...(request.given ?? []), ...tokens],
    });
  const verify = (request: VerifyRequest, signal?: AbortSignal, together?: HostTogether<VerifyRequest, VerifyResult>) =>
    continueSession(parts, signal, {
      ...{ session: request.session, base: request.base, together },
      run: host => (together === undefined ? host.call('verify', request, signal) : together.ask(host, request)),
      continuation: ({ accepted, correction }) => [
        ...request.tokens.slice(0, accepted),
        ...(correction === undefined ? [] : [correction]),
      ],
    });
  const plain = <Method extends HostMethod>(
    method: Method,
    request: HostCalls[Method]['request'],
    signal?: AbortSignal,
  ): Promise<HostCalls[Method]['result']> =>
    untilAborted(signal, () => attempt(parts, signal, host => host.call(method, request, signal)));
  return {
    open: (request, signal) =>
      untilAborted(signal, () => turns.take(request.session, () => openSession(parts, request, signal))),
    draft: (request, signal) => draft(request, signal),
    verify: (request, signal) => verify(request, signal),
    draftMany: (requests, signal) =>
      askTogether(requests, {
        call: (host, asked) => host.call('draftMany', asked, signal),
        run: (request, together) => draft(request, signal, together),
      }),
    verifyMany: (requests, signal) =>
      askTogether(requests, {
        call: (host, asked) => host.call('verifyMany', asked, signal),
        run: (request, together) => verify(request, signal, together),
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

async function openSession(parts: CallParts, request: OpenRequest, signal: AbortSignal | undefined): Promise<void> {
  const entry = parts.ledger.put(request);
  await attempt(parts, signal, host => bring(entry, host, signal)).catch(error => {
    parts.ledger.remove(request.session);
    throw error;
  });
}

async function writeState(parts: CallParts, call: WriteStateCall, signal: AbortSignal | undefined): Promise<void> {
  const entry = parts.ledger.find(call.session);
  if (entry === undefined) throw notHeld(call.session);
  const run = (host: HostProcess): Promise<undefined> => host.call('writeState', call, signal);
  await attempt(parts, signal, host => runOrReopen({ entry, host, run, signal }));
}

/** A call that crops a session to `base` and continues it. */
interface SessionCall<Result> {
  readonly session: string;
  readonly base: number;
  run(host: HostProcess): Promise<Result>;
  /** The answer tokens from `base` on that the session holds after the call. */
  continuation(result: Result): readonly number[];
  /** Others wait for this call; told when it has ended. */
  readonly together?: { leave(): void } | undefined;
}

function continueSession<Result>(
  parts: CallParts,
  signal: AbortSignal | undefined,
  call: SessionCall<Result>,
): Promise<Result> {
  const work = async (): Promise<Result> => {
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
  return untilAborted(signal, () => parts.turns.take(call.session, work).finally(() => call.together?.leave()));
}

interface HostedCall<Result> {
  readonly entry: LedgerEntry;
  readonly host: HostProcess;
  run(host: HostProcess): Promise<Result>;
  readonly signal: AbortSignal | undefined;
}

/** The host may have dropped the session for lack of room (E1). */
async function runOrReopen<Result>({ entry, host, run, signal }: HostedCall<Result>): Promise<Result> {
  const held = entry.host === host;
  await bring(entry, host, signal);
  return run(host).catch(async error => {
    if (!held || !AiflowError.is(error) || error.code !== 'not-found') throw error;
    entry.host = undefined;
    await bring(entry, host, signal);
    return run(host);
  });
}

async function bring(entry: LedgerEntry, host: HostProcess, signal: AbortSignal | undefined): Promise<void> {
  if (entry.host === host) return;
  await host.call('open', reopening(entry), signal);
  entry.host = host;
}

async function attempt<Result>(
  { supervisor, track }: CallParts,
  signal: AbortSignal | undefined,
  work: (host: HostProcess) => Promise<Result>,
): Promise<Result> {
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

async function untilAborted<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
  throwIfGivenUp(signal);
  const result = work();
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(AiflowError.from(signal.reason, 'cancelled'));
    signal.addEventListener('abort', giveUp, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function notHeld(session: string): AiflowError {
  return new AiflowError('not-found', `session ${session} is not held: open it again from prompt and answer`);
}
