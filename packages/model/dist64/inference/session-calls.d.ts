import type { Clock } from '@aiflow/time';
import type { SessionStore } from '../cache/session-store.ts';
import type {
  DraftRequest,
  DraftResult,
  ReadStateRequest,
  RelayState,
  VerifyRequest,
  VerifyResult,
} from '../engine.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { type DecodeContext } from './decoder.ts';
import type { Embedding } from './embedding.ts';
import type { Rungs } from './ladder.ts';
import type { Pacing } from './pacing.ts';
import { type RelayContext } from './relay-state.ts';
import type { RungsByExit, ServingRungs } from './serving-rungs.ts';
import type { Session } from './session.ts';
import type { StageCosts } from './stage-costs.ts';
/** What calls work with. */
export interface CallParts {
  readonly manifest: FamilyManifest;
  readonly embedding: Embedding;
  readonly serving: ServingRungs;
  readonly sessions: SessionStore<Session>;
  readonly costs: StageCosts;
  readonly clock: Clock;
}
/** Rows that came from elsewhere or were computed for want of what lies below them. */
export interface RelayCounts {
  readonly receivedRows: number;
  readonly refilledRows: number;
}
/** The calls on sessions; each measures itself with the pacing it is given. */
export interface SessionCalls {
  readonly counts: RelayCounts;
  draft(request: DraftRequest, pacing: Pacing): Promise<DraftResult>;
  verify(request: VerifyRequest, pacing: Pacing): Promise<VerifyResult>;
  readState(request: ReadStateRequest, pacing: Pacing): Promise<RelayState>;
  writeState(session: string, state: RelayState, pacing: Pacing): Promise<void>;
}
/** Where a call computes. */
export interface ContextPlace {
  readonly session: Session;
  readonly rungs: Rungs;
  readonly pacing: Pacing;
}
/** Work on a session with the stages that serve when it begins. */
export type SessionWork<Result> = (session: Session, byExit: RungsByExit) => Promise<Result>;
/** Calls on the sessions of one engine. */
export declare function createSessionCalls(parts: CallParts): SessionCalls;
/** Brings together what decoding on a session takes. */
export declare function createContext(
  { manifest, embedding, costs, clock }: Omit<CallParts, 'serving' | 'sessions'>,
  { session, rungs, pacing, countRefilled }: ContextPlace & Pick<DecodeContext, 'countRefilled'>,
): DecodeContext & RelayContext;
/** The stages of an exit; `not-found` names those that are loaded. */
export declare function rungsOfExit(byExit: RungsByExit, exit: number): Rungs;
//# sourceMappingURL=session-calls.d.ts.map
