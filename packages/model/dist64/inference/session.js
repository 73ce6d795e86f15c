// SPDX-License-Identifier: Apache-2.0
import { createFeatureLog } from '../cache/feature-log.js';
import { createStageCache } from '../cache/stage-cache.js';
/** A session that has computed nothing yet. */
export function createSession(pool, request, dimensions) {
  return new CachingSession(pool, request, dimensions);
}
class CachingSession {
  id;
  promptLength;
  sampling;
  trusted = Number.POSITIVE_INFINITY;
  #pool;
  #dimensions;
  #tokens;
  #caches = new Map();
  #logs = new Map();
  #decisions = new Map();
  constructor(pool, request, dimensions) {
    this.id = request.session;
    this.promptLength = request.prompt.length;
    this.sampling = request.sampling;
    this.#pool = pool;
    this.#dimensions = dimensions;
    this.#tokens = [...request.prompt, ...(request.answer ?? [])];
  }
  get length() {
    return this.#tokens.length;
  }
  get answerLength() {
    return this.#tokens.length - this.promptLength;
  }
  get bytes() {
    let sum = 0;
    for (const { cache } of this.#caches.values()) sum += cache.bytes;
    for (const log of this.#logs.values()) sum += log.bytes;
    return sum;
  }
  tokens(from, to) {
    return this.#tokens.slice(from, to);
  }
  cacheOf(stage) {
    const { hidden, heads, context } = this.#dimensions;
    return obtain(this.#caches, stage.id, () => {
      this.#forgetReplaced(stage);
      return { stage, cache: createStageCache(this.#pool, { blocks: stage.blocks, hidden, heads, context }) };
    }).cache;
  }
  /** A session holds one rung of an exit: what another one computed goes when its successor begins. */
  #forgetReplaced(successor) {
    for (const [id, { stage, cache }] of this.#caches) {
      if (stage.kind !== 'exit' || successor.kind !== 'exit' || stage.from !== successor.from) continue;
      cache.release();
      this.#caches.delete(id);
      this.#decisions.delete(id);
    }
  }
  logOf(layer) {
    return obtain(this.#logs, layer, () => createFeatureLog(this.#pool, this.#dimensions));
  }
  decisionsOf(exit) {
    return obtain(this.#decisions, exit.id, () => ({ exit, made: [] })).made;
  }
  replaceFrom(base, replacement) {
    const start = this.promptLength + base;
    let same = 0;
    while (same < replacement.length && this.#tokens[start + same] === replacement[same]) same++;
    this.#tokens.length = start + same;
    for (let index = same; index < replacement.length; index++) this.#tokens.push(replacement[index] ?? 0);
    for (const log of this.#logs.values()) log.crop(start + same);
    if (start + same <= this.trusted) this.trusted = Number.POSITIVE_INFINITY;
    this.supersede(0, start + same);
  }
  supersede(layer, row) {
    for (const { stage, cache } of this.#caches.values()) if (stage.from >= layer) cache.crop(row);
    for (const [at, log] of this.#logs) if (at > layer) log.crop(row);
    for (const { exit, made } of this.#decisions.values()) {
      if (exit.from >= layer) made.length = Math.min(made.length, Math.max(0, row - this.promptLength + 1));
    }
  }
  distrust(row) {
    this.trusted = Math.min(this.trusted, row);
  }
  release() {
    for (const { cache } of this.#caches.values()) cache.release();
    for (const log of this.#logs.values()) log.release();
  }
}
function obtain(held, key, make) {
  const found = held.get(key);
  if (found !== undefined) return found;
  const made = make();
  held.set(key, made);
  return made;
}
//# sourceMappingURL=session.js.map
