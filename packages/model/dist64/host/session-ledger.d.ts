import type { OpenRequest, SamplingOptions } from '../engine.ts';
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
export declare function createSessionLedger({ maxSessions }: { readonly maxSessions: number }): SessionLedger;
/** The request that brings an entry's session back. */
export declare function reopening({ session, prompt, sampling, answer }: LedgerEntry): OpenRequest;
//# sourceMappingURL=session-ledger.d.ts.map
