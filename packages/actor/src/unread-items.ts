// SPDX-License-Identifier: Apache-2.0
//
// The items of an answered stream of which the producer does not know yet that they were read.
//
// U1  A grant of `total` says that the items before `total - credit` were read.
// U2  The same grant once more says that its consumer starves (stream-consumer.ts, C4): what it lacks is sent again.
//     It recognises by position what it had.
// U3  At most MAX_BYTES are kept; of what exceeds them the oldest is forgotten, and if it was lost the consumer ends
//     with `data-loss`.
import type { EnvelopeFields } from './envelope-sender.ts';

const MAX_BYTES = 64 * 1024;

export class UnreadItems {
  readonly #credit: number;
  readonly #items: EnvelopeFields[] = [];
  #bytes = 0;
  #granted: number;

  constructor(credit: number) {
    this.#credit = credit;
    this.#granted = credit;
  }

  /** This item was sent. */
  add(item: EnvelopeFields): void {
    this.#items.push(item);
    this.#bytes += bytesOf(item);
    while (this.#bytes > MAX_BYTES) this.#forgetFirst();
  }

  /** The consumer granted `total`; returns what must be sent again. */
  granted(total: number): readonly EnvelopeFields[] {
    const isRepeated = total === this.#granted;
    this.#granted = Math.max(this.#granted, total);
    const firstUnread = this.#granted - this.#credit;
    while ((this.#items[0]?.position ?? firstUnread) < firstUnread) this.#forgetFirst();
    return isRepeated ? [...this.#items] : [];
  }

  #forgetFirst(): void {
    const first = this.#items.shift();
    if (first !== undefined) this.#bytes -= bytesOf(first);
  }
}

function bytesOf({ payload }: EnvelopeFields): number {
  return payload?.byteLength ?? 0;
}
