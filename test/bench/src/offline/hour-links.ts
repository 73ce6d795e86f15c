// SPDX-License-Identifier: Apache-2.0
//
// Which node reaches which, and which believes so: adverts are late in both directions, as a mesh is.
//
// L1  A link is up while nothing holds it down; cuts and broker restarts may overlap.
// L2  What a node believes becomes what is so, a drawn while after each change.
import type { MemoryNetwork } from '@aiflow/actor';
import type { Clock, Random } from '@aiflow/time';

/** The links of an hour. */
export interface HourLinks {
  /** Holds the links between `one` and all of `others` down for a while. */
  down(one: string, others: readonly string[], forMs: number): void;
  /** `node` came, or went: others will notice. */
  changed(node: string): void;
  believes(from: string, to: string): boolean;
  /** Calls `listener` when `node` learns that another is there. */
  onPeers(node: string, listener: (other: string) => void): () => void;
  readonly areUp: boolean;
}

export interface HourLinkParts {
  readonly network: MemoryNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly nodes: readonly string[];
  readonly isAlive: (node: string) => boolean;
}

const LOST_MS = [500, 3000] as const;
const FOUND_MS = [50, 1000] as const;

/** All links up. */
export function createHourLinks(parts: HourLinkParts): HourLinks {
  return new Links(parts);
}

class Links implements HourLinks {
  readonly #parts: HourLinkParts;
  readonly #held = new Map<string, number>();
  readonly #believed = new Set<string>();
  readonly #listeners = new Map<string, (other: string) => void>();

  constructor(parts: HourLinkParts) {
    this.#parts = parts;
  }

  get areUp(): boolean {
    return [...this.#held.values()].every(count => count === 0);
  }

  down(one: string, others: readonly string[], forMs: number): void {
    const { clock } = this.#parts;
    for (const other of others) this.#hold(one, other, 1);
    clock.setTimer(forMs, () => {
      for (const other of others) this.#hold(one, other, -1);
    });
  }

  changed(node: string): void {
    for (const other of this.#parts.nodes) {
      if (other !== node) this.#noticeBoth(node, other);
    }
  }

  believes(from: string, to: string): boolean {
    return this.#believed.has(`${from} ${to}`);
  }

  onPeers(node: string, listener: (other: string) => void): () => void {
    this.#listeners.set(node, listener);
    return () => {
      if (this.#listeners.get(node) === listener) this.#listeners.delete(node);
    };
  }

  /** L1. */
  #hold(one: string, other: string, change: 1 | -1): void {
    const { network } = this.#parts;
    const count = (this.#held.get(`${one} ${other}`) ?? 0) + change;
    for (const pair of [`${one} ${other}`, `${other} ${one}`]) this.#held.set(pair, count);
    if (count > 0) network.partition(one, other);
    else network.heal(one, other);
    this.#noticeBoth(one, other);
  }

  #noticeBoth(one: string, other: string): void {
    this.#notice(one, other);
    this.#notice(other, one);
  }

  /** L2. */
  #notice(from: string, to: string): void {
    const { clock, random } = this.#parts;
    const [least, most] = this.#isSo(from, to) ? FOUND_MS : LOST_MS;
    clock.setTimer(least + random.below(most - least), () => {
      const isSo = this.#isSo(from, to);
      if (!isSo) this.#believed.delete(`${from} ${to}`);
      else {
        this.#believed.add(`${from} ${to}`);
        this.#listeners.get(from)?.(to);
      }
    });
  }

  #isSo(from: string, to: string): boolean {
    const { isAlive } = this.#parts;
    return isAlive(from) && isAlive(to) && (this.#held.get(`${from} ${to}`) ?? 0) === 0;
  }
}
