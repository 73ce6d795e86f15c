// SPDX-License-Identifier: Apache-2.0
//
// Sessions under a byte bound.
//
// S1  Whatever a session computed is a cache: dropping it loses time, never an answer.
// S2  When the bound is passed, idle sessions go, least recently used first. The one in use stays, so the bound may be
//     exceeded by the sessions in use, which are bounded by the queue.
import { AiflowError } from '@aiflow/protocol';

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
  /** Of all sessions, each as of the end of its last use. */
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
export function createSessionStore<Session extends StoredSession>(limits: StoreLimits): SessionStore<Session> {
  return new BoundedSessionStore(limits);
}

class BoundedSessionStore<Session extends StoredSession> implements SessionStore<Session> {
  evicted = 0;
  readonly #limits: StoreLimits;
  /** Least recently used first. */
  readonly #held = new Map<string, Session>();
  readonly #inUse = new Map<string, number>();
  /** Of each session, as of its last use: adding up all caches of all sessions at each call would grow with their number. */
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(session: Session): void {
    this.remove(session.id);
    this.#held.set(session.id, session);
    this.#note(session.id, session.bytes);
    this.#count(session.id, 1);
    this.#evict();
    this.#count(session.id, -1);
  }

  async using<Result>(id: string, use: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.#held.get(id);
    if (session === undefined) {
      throw new AiflowError('not-found', `session ${id} is not held: open it again from prompt and answer`);
    }
    this.#held.delete(id);
    this.#held.set(id, session);
    this.#count(id, 1);
    try {
      return await use(session);
    } finally {
      this.#count(id, -1);
      if (this.#held.get(id) === session) this.#note(id, session.bytes);
      this.#evict();
    }
  }

  remove(id: string): void {
    this.#held.get(id)?.release();
    this.#held.delete(id);
    this.#note(id, 0);
  }

  /** S2 */
  #evict(): void {
    for (const id of this.#held.keys()) {
      if (this.bytes <= this.#limits.maxBytes && this.size <= this.#limits.maxSessions) return;
      if ((this.#inUse.get(id) ?? 0) > 0) continue;
      this.remove(id);
      this.evicted++;
    }
  }

  #note(id: string, bytes: number): void {
    this.#bytes += bytes - (this.#bytesOf.get(id) ?? 0);
    if (bytes === 0) this.#bytesOf.delete(id);
    else this.#bytesOf.set(id, bytes);
  }

  #count(id: string, change: number): void {
    const now = (this.#inUse.get(id) ?? 0) + change;
    if (now === 0) this.#inUse.delete(id);
    else this.#inUse.set(id, now);
  }
}
