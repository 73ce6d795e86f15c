// SPDX-License-Identifier: Apache-2.0
//
// Sessions whose caches live in a host and whose truth lives here (E1 of a hosted engine).
//
//   put in the ledger --brought to the serving host--> held there --host replaced, or it forgot--> brought again
import { AiflowError } from '@aiflow/protocol';
import { checkBase } from '../inference/check-request.ts';
import type { Turns } from '../inference/turns.ts';
import type { OpenRequest } from '../requests/decode-request.ts';
import { type HostAttempts, untilAborted } from './host-attempts.ts';
import { type HostProcess, isHostLost } from './host-process.ts';
import type { WriteStateCall } from './host-protocol.ts';
import { type LedgerEntry, reopening, type SessionLedger } from './session-ledger.ts';

/** Sessions of one engine; calls for one of them run in the order they were made. */
export interface HostedSessions {
  readonly size: number;
  open(request: OpenRequest, signal?: AbortSignal): Promise<void>;
  /** `not-found` where the session is not held. What fails leaves it cropped to the call's base. */
  continue<Result>(call: SessionCall<Result>, signal?: AbortSignal): Promise<Result>;
  writeState(call: WriteStateCall, signal?: AbortSignal): Promise<void>;
  close(session: string): Promise<void>;
}

/** A call that crops a session to `base` and continues it. */
export interface SessionCall<Result> {
  readonly session: string;
  readonly base: number;
  run(host: HostProcess): Promise<Result>;
  /** The answer tokens from `base` on that the session holds after the call. */
  continuation(result: Result): readonly number[];
  /** Others wait for this call; told when it has ended. */
  readonly together?: { leave(): void } | undefined;
}

/** What sessions work with. */
export interface HostedSessionsParts {
  readonly attempts: HostAttempts;
  readonly ledger: SessionLedger;
  readonly turns: Turns;
}

/** The sessions that `ledger` holds. */
export function createHostedSessions(parts: HostedSessionsParts): HostedSessions {
  const { ledger, turns } = parts;
  return {
    get size() {
      return ledger.size;
    },
    open: (request, signal) =>
      untilAborted(signal, () => turns.take(request.session, () => open(parts, request, signal))),
    continue: (call, signal) =>
      untilAborted(signal, () =>
        turns.take(call.session, () => continueSession(parts, call, signal)).finally(() => call.together?.leave()),
      ),
    writeState: (call, signal) =>
      untilAborted(signal, () => turns.take(call.session, () => writeState(parts, call, signal))),
    close: session => turns.take(session, () => close(parts, session)),
  };
}

async function open(
  { attempts, ledger }: HostedSessionsParts,
  request: OpenRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entry = ledger.put(request);
  await attempts
    .run(signal, host => bring(entry, host, signal))
    .catch(error => {
      ledger.remove(request.session);
      throw error;
    });
}

async function continueSession<Result>(
  { attempts, ledger }: HostedSessionsParts,
  call: SessionCall<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const entry = held(ledger, call.session);
  checkBase(call.session, call.base, entry.answer.length);
  const kept = entry.answer.slice(0, call.base);
  try {
    const result = await attempts.run(signal, host => runOrReopen({ entry, host, run: call.run, signal }));
    entry.answer = [...kept, ...call.continuation(result)];
    return result;
  } catch (error) {
    entry.answer = kept;
    throw error;
  }
}

async function writeState(
  { attempts, ledger }: HostedSessionsParts,
  call: WriteStateCall,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entry = held(ledger, call.session);
  const run = (host: HostProcess): Promise<undefined> => host.call('writeState', call, signal);
  await attempts.run(signal, host => runOrReopen({ entry, host, run, signal }));
}

async function close({ ledger }: HostedSessionsParts, session: string): Promise<void> {
  const host = ledger.find(session)?.host;
  ledger.remove(session);
  await host?.call('close', session).catch(error => {
    if (!isHostLost(error)) throw error;
  });
}

interface HostedCall<Result> {
  readonly entry: LedgerEntry;
  readonly host: HostProcess;
  run(host: HostProcess): Promise<Result>;
  readonly signal: AbortSignal | undefined;
}

/** The host may have dropped the session for lack of room (E1). */
async function runOrReopen<Result>({ entry, host, run, signal }: HostedCall<Result>): Promise<Result> {
  const wasHeld = entry.host === host;
  await bring(entry, host, signal);
  return run(host).catch(async error => {
    if (!wasHeld || !AiflowError.is(error) || error.code !== 'not-found') throw error;
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

function held(ledger: SessionLedger, session: string): LedgerEntry {
  const entry = ledger.find(session);
  if (entry !== undefined) return entry;
  throw new AiflowError('not-found', `session ${session} is not held: open it again from prompt and answer`);
}
