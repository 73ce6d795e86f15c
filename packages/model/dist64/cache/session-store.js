// SPDX-License-Identifier: Apache-2.0
//
// Sessions under a byte bound.
//
// S1  Whatever a session computed is a cache: dropping it loses time, never an answer.
// S2  When the bound is passed, idle sessions go, least recently used first. The one in use stays, so the bound may be
//     exceeded by the sessions in use, which are bounded by the queue.
import { AiflowError } from '@aiflow/protocol';
/** Holds sessions up to `maxBytes` of caches and `maxSessions`. */
export function createSessionStore(limits) {
  return new BoundedSessionStore(limits);
}
class BoundedSessionStore {
  evicted = 0;
  #limits;
  /** Least recently used first. */
  #held = new Map();
  #inUse = new Map();
  constructor(limits) {
    this.#limits = limits;
  }
  get size() {
    return this.#held.size;
  }
  get bytes() {
    return [...this.#held.values()].reduce((sum, session) => sum + session.bytes, 0);
  }
  put(session) {
    this.remove(session.id);
    this.#held.set(session.id, session);
    this.#count(session.id, 1);
    this.#evict();
    this.#count(session.id, -1);
  }
  async using(id, use) {
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
      this.#evict();
    }
  }
  remove(id) {
    this.#held.get(id)?.release();
    this.#held.delete(id);
  }
  /** S2 */
  #evict() {
    for (const id of this.#held.keys()) {
      if (this.bytes <= this.#limits.maxBytes && this.size <= this.#limits.maxSessions) return;
      if ((this.#inUse.get(id) ?? 0) > 0) continue;
      this.remove(id);
      this.evicted++;
    }
  }
  #count(id, change) {
    const now = (this.#inUse.get(id) ?? 0) + change;
    if (now === 0) this.#inUse.delete(id);
    else this.#inUse.set(id, now);
  }
}
//# sourceMappingURL=session-store.js.map
