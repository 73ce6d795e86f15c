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
  readonly bytes: number;
  /** Sessions dropped for lack of room since the start. */
  readonly evicted: number;
  /** Adds or replaces. */
  put(session: Session): void;
  /** Finds a session and keeps it while `use` runs; `not-found` tells the caller to open it again. */
  using<Result>(id: string, use: (session: Session) => Promise<Result>): Promise<Result>;
  remove(id: string): void;
}

/** Holds sessions up to `maxBytes` of caches and `maxSessions`. */
export function createSessionStore<Session extends StoredSession>(limits: {
  readonly maxBytes: number;
  readonly maxSessions: number;
}): SessionStore<Session> {
  const held = new Map<string, Session>();
  const inUse = new Map<string, number>();
  let evicted = 0;

  const forget = (id: string): void => {
    held.get(id)?.release();
    held.delete(id);
  };
  const bytes = (): number => [...held.values()].reduce((sum, session) => sum + session.bytes, 0);
  const evict = (): void => {
    for (const id of held.keys()) {
      if (bytes() <= limits.maxBytes && held.size <= limits.maxSessions) return;
      if ((inUse.get(id) ?? 0) > 0) continue;
      forget(id);
      evicted++;
    }
  };
  const count = (id: string, change: number): void => {
    const now = (inUse.get(id) ?? 0) + change;
    if (now === 0) inUse.delete(id);
    else inUse.set(id, now);
  };
  return {
    get size() {
      return held.size;
    },
    get bytes() {
      return bytes();
    },
    get evicted() {
      return evicted;
    },
    put: session => {
      forget(session.id);
      held.set(session.id, session);
      count(session.id, 1);
      evict();
      count(session.id, -1);
    },
    using: async (id, use) => {
      const session = held.get(id);
      if (session === undefined) {
        throw new AiflowError('not-found', `session ${id} is not held: open it again from prompt and answer`);
      }
      held.delete(id);
      held.set(id, session);
      count(id, 1);
      try {
        return await use(session);
      } finally {
        count(id, -1);
        evict();
      }
    },
    remove: forget,
  };
}
