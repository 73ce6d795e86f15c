// SPDX-License-Identifier: Apache-2.0
import type { OpenRequest, SamplingOptions } from '../requests/decode-request.ts';
import type { HostProcess } from './host-process.ts';

/** What a session is beyond its caches: enough to open it again in another host. */
export interface LedgerEntry {
  readonly session: string;
  readonly prompt: readonly number[];
  readonly sampling: SamplingOptions | undefined;
  answer: readonly number[];
  /** The host that holds its caches. */
  host: HostProcess | undefined;
}

/** Sessions by id, the least recently used forgotten when there are too many. */
export interface SessionLedger {
  readonly size: number;
  put(request: OpenRequest): LedgerEntry;
  find(session: string): LedgerEntry | undefined;
  remove(session: string): void;
}

/** An empty ledger. */
export function createSessionLedger({ maxSessions }: { readonly maxSessions: number }): SessionLedger {
  const entries = new Map<string, LedgerEntry>();
  const touch = (entry: LedgerEntry): LedgerEntry => {
    entries.delete(entry.session);
    entries.set(entry.session, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxSessions) break;
      entries.delete(oldest);
    }
    return entry;
  };
  return {
    get size() {
      return entries.size;
    },
    put: ({ session, prompt, answer = [], sampling }) => touch({ session, prompt, sampling, answer, host: undefined }),
    find: session => {
      const found = entries.get(session);
      return found === undefined ? undefined : touch(found);
    },
    remove: session => {
      entries.delete(session);
    },
  };
}

/** The request that brings an entry's session back. */
export function reopening({ session, prompt, sampling, answer }: LedgerEntry): OpenRequest {
  return sampling === undefined ? { session, prompt, answer } : { session, prompt, answer, sampling };
}
