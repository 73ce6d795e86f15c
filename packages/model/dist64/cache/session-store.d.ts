/** What the store needs to know of a session. */
export interface StoredSession {
  readonly id: string;
  readonly bytes: number;
  /** Called once when the store forgets the session. */
  release(): void;
}
/** Sessions by id, least recently used first out. */
export interface SessionStore<Session extends StoredSession> {
  readonly size: number;
  readonly bytes: number;
  /** Sessions dropped for lack of room since the start. */
  readonly evicted: number;
  /** Adds or replaces. */
  put(session: Session): void;
  /** Finds a session and keeps it while `use` runs; `not-found` tells the caller to open it again. */
  using<Result>(id: string, use: (session: Session) => Promise<Result>): Promise<Result>;
  remove(id: string): void;
}
/** Room of a store: bytes of caches, and sessions. */
interface StoreLimits {
  readonly maxBytes: number;
  readonly maxSessions: number;
}
/** Holds sessions up to `maxBytes` of caches and `maxSessions`. */
export declare function createSessionStore<Session extends StoredSession>(limits: StoreLimits): SessionStore<Session>;
//# sourceMappingURL=session-store.d.ts.map
