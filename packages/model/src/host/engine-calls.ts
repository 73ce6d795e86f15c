// SPDX-License-Identifier: Apache-2.0
//
// Which message to the host each method of an engine is.
import type { BatchingEngine } from '../engine.ts';
import type { DraftRequest, DraftResult, VerifyRequest, VerifyResult } from '../requests/decode-request.ts';
import { type HostAttempts, untilAborted } from './host-attempts.ts';
import { askTogether, type HostTogether } from './host-batch.ts';
import type { HostCalls, HostDescription, HostMethod } from './host-protocol.ts';
import type { HostedSessions, SessionCall } from './hosted-sessions.ts';

/** An engine's methods, without what describes it. */
export type EngineCalls = Omit<BatchingEngine, keyof HostDescription | 'format' | 'rungs' | typeof Symbol.asyncDispose>;

/** What calls go through: `attempts` for those that concern no session. */
export interface EngineCallsParts {
  readonly attempts: HostAttempts;
  readonly sessions: HostedSessions;
}

/** Makes the calls of an engine over its host. */
export function createEngineCalls({ attempts, sessions }: EngineCallsParts): EngineCalls {
  const plain = <Method extends HostMethod>(
    method: Method,
    request: HostCalls[Method]['request'],
    signal?: AbortSignal,
  ): Promise<HostCalls[Method]['result']> =>
    untilAborted(signal, () => attempts.run(signal, host => host.call(method, request, signal)));
  return {
    open: sessions.open,
    draft: (request, signal) => sessions.continue(draftCall(request, signal), signal),
    verify: (request, signal) => sessions.continue(verifyCall(request, signal), signal),
    draftMany: (requests, signal) =>
      askTogether(requests, {
        call: (host, asked) => host.call('draftMany', asked, signal),
        run: (request, together) => sessions.continue(draftCall(request, signal, together), signal),
      }),
    verifyMany: (requests, signal) =>
      askTogether(requests, {
        call: (host, asked) => host.call('verifyMany', asked, signal),
        run: (request, together) => sessions.continue(verifyCall(request, signal, together), signal),
      }),
    readState: (request, signal) =>
      sessions.continue(
        {
          ...request,
          run: host => host.call('readState', request, signal),
          continuation: () => request.given ?? [],
        },
        signal,
      ),
    writeState: (session, state, signal) => sessions.writeState({ session, state }, signal),
    close: sessions.close,
    status: async () => ({ ...(await plain('status', undefined)), sessions: sessions.size }),
    measureBits: (request, signal) => plain('measureBits', request, signal),
    measureVerifyCurve: (request, signal) => plain('measureVerifyCurve', request, signal),
  };
}

function draftCall(
  request: DraftRequest,
  signal: AbortSignal | undefined,
  together?: HostTogether<DraftRequest, DraftResult>,
): SessionCall<DraftResult> {
  return {
    ...{ session: request.session, base: request.base, together },
    run: host => (together === undefined ? host.call('draft', request, signal) : together.ask(host, request)),
    continuation: ({ tokens }) => [...(request.given ?? []), ...tokens],
  };
}

function verifyCall(
  request: VerifyRequest,
  signal: AbortSignal | undefined,
  together?: HostTogether<VerifyRequest, VerifyResult>,
): SessionCall<VerifyResult> {
  return {
    ...{ session: request.session, base: request.base, together },
    run: host => (together === undefined ? host.call('verify', request, signal) : together.ask(host, request)),
    continuation: ({ accepted, correction }) => [
      ...request.tokens.slice(0, accepted),
      ...(correction === undefined ? [] : [correction]),
    ],
  };
}
