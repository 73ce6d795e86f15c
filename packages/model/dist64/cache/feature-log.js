import { createRowStore } from './row-store.js';
/** An empty log of rows of `hidden` floats. */
export function createFeatureLog(pool, { hidden, context }) {
  return new BufferedFeatureLog(pool, { hidden, context });
}
class BufferedFeatureLog {
  first = 0;
  length = 0;
  canonical = 0;
  /** Ascending, apart from each other. */
  #received = [];
  #hidden;
  #store;
  constructor(pool, { hidden, context }) {
    this.#hidden = hidden;
    this.#store = createRowStore(pool, { width: hidden, maxRows: context });
  }
  get bytes() {
    return this.#store.bytes;
  }
  view(from, to) {
    return this.#store.view(from, to);
  }
  isReceived(row) {
    return this.#received.some(span => span.from <= row && row < span.to);
  }
  add(from, rows, isCanonical) {
    const end = from + rows.length / this.#hidden;
    for (let at = Math.max(from, this.length); at < end; at = this.length) {
      const to = Math.min(end, this.#received.find(span => span.from >= at)?.from ?? end);
      this.#store.write(at, rows, { start: (at - from) * this.#hidden, count: to - at });
      this.#hold(to, isCanonical);
    }
  }
  replace(row, features) {
    this.#store.write(row, features, { start: 0, count: 1 });
  }
  receive(from, rows) {
    this.crop(from);
    const count = rows.length / this.#hidden;
    this.#store.write(from, rows, { start: 0, count });
    const last = this.#received.at(-1);
    if (last?.to === from) this.#received.splice(-1, 1, { from: last.from, to: from + count });
    else this.#received.push({ from, to: from + count });
    this.#holdReceived();
  }
  rewind(row) {
    this.first = Math.min(this.first, row);
    this.length = Math.min(this.length, row);
    this.canonical = Math.min(this.canonical, row);
    this.#holdReceived();
  }
  restart(row) {
    this.first = row;
    this.length = row;
    this.canonical = row;
    this.#holdReceived();
  }
  crop(length) {
    this.#received = this.#received
      .filter(span => span.from < length)
      .map(span => ({ from: span.from, to: Math.min(span.to, length) }));
    this.#store.crop(length);
    this.rewind(length);
  }
  release() {
    this.#store.release();
    this.#received = [];
    this.restart(0);
  }
  #hold(to, isCanonical) {
    if (isCanonical && this.canonical === this.length) this.canonical = to;
    this.length = to;
    this.#holdReceived();
  }
  /** F2 */
  #holdReceived() {
    const next = this.#received.find(span => span.from <= this.length && this.length < span.to);
    if (next !== undefined) this.#hold(next.to, true);
  }
}
//# sourceMappingURL=feature-log.js.map
