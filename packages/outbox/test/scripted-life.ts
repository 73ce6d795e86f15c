// SPDX-License-Identifier: Apache-2.0
//
// A device and an edge that owe each other items, with a cut in the middle, and one of them dying at one operation of
// its disk. What may happen is told by invariants over what their stores say at the end.
import type { LinkFaults } from '@aiflow/actor';
import type { CrashKind, MemoryDisk } from '@aiflow/journal';
import type { Change, CourierOptions, DurableStoreOptions, ItemHandler, NewItem, OutboxStore } from '../src/index.ts';
import { createOutboxFleet, type OutboxFleet } from './outbox-fleet.ts';

/** Something that happens to the fleet. */
export type LifeEvent =
  | { readonly kind: 'put'; readonly label: string; readonly item?: Partial<NewItem> }
  | { readonly kind: 'cut' }
  | { readonly kind: 'heal' }
  | { readonly kind: 'kill'; readonly node: string; readonly how: CrashKind; readonly forMs: number };

export interface TimedEvent {
  readonly atMs: number;
  readonly event: LifeEvent;
}

/** A death at one operation of a node's disk. */
export interface Death {
  readonly node: string;
  readonly operation: number;
  readonly kind: CrashKind;
}

export interface LifeSettings {
  readonly events: readonly TimedEvent[];
  readonly deaths?: readonly Death[];
  readonly seed?: number;
  readonly faults?: LinkFaults;
  readonly store?: Partial<DurableStoreOptions>;
  readonly courier?: CourierOptions;
  /** Breaks a store, to see that it shows. */
  readonly mutate?: (store: OutboxStore) => OutboxStore;
  /** How long all goes on once nothing more happens. */
  readonly settleMs?: number;
}

export interface LifeReport {
  /** Put in, and told so. */
  readonly acknowledged: ReadonlySet<string>;
  /** Put in, or not: nobody was told. */
  readonly unknown: ReadonlySet<string>;
  /** How often each note had its effect at the edge, and each reply at the device. */
  readonly seen: ReadonlyMap<string, number>;
  readonly replied: ReadonlyMap<string, number>;
  readonly waiting: { readonly device: number; readonly edge: number };
  /** Processes that died. */
  readonly deaths: number;
  /** How often each node's journal was rewritten. */
  readonly rewrites: Readonly<Record<'device-1' | 'edge-1', number>>;
  readonly operations: { readonly device: number; readonly edge: number };
}

const STEP_MS = 10;
const RESTART_MS = 500;

/** Plays it in virtual time. */
export async function playLife(settings: LifeSettings): Promise<LifeReport> {
  return new ScriptedLife(settings).play();
}

class ScriptedLife {
  readonly #settings: LifeSettings;
  readonly #fleet: OutboxFleet;
  readonly #acknowledged = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #deaths: Death[];
  #died = 0;
  readonly #restartAtMs = new Map<string, number>();

  constructor(settings: LifeSettings) {
    const { seed = 1, faults = {}, store = {}, courier = {} } = settings;
    this.#settings = settings;
    this.#deaths = [...(settings.deaths ?? [])];
    this.#fleet = createOutboxFleet({
      ...{
        seed,
        faults: { delayMs: 5, ...faults },
        store,
        courier: { receiptTimeoutMs: 400, maxPauseMs: 4000, ...courier },
      },
      ...(settings.mutate === undefined ? {} : { mutate: settings.mutate }),
      handlers: (node, own) => [node === 'edge-1' ? noteHandler(own) : replyHandler(own)],
    });
  }

  async play(): Promise<LifeReport> {
    const { events, settleMs = 60_000 } = this.#settings;
    const { clock } = this.#fleet;
    for (const node of ['device-1', 'edge-1']) await this.#start(node);
    const coming = events.toSorted((one, other) => one.atMs - other.atMs);
    const endMs = (coming.at(-1)?.atMs ?? 0) + settleMs;
    while (clock.nowMs() < endMs) {
      while (coming[0] !== undefined && coming[0].atMs <= clock.nowMs()) await this.#happen(coming.shift()!.event);
      await clock.advance(STEP_MS);
      await this.#bury();
    }
    const report = this.#report();
    await this.#fleet.stop();
    return report;
  }

  /** A process may die while it opens its store. */
  async #start(name: string): Promise<void> {
    const death = this.#deaths.find(({ node }) => node === name);
    try {
      const started = this.#fleet.start(name);
      if (death !== undefined) this.#fleet.nodes.get(name)?.disk.crashAt(death.operation, death.kind);
      await started;
    } catch {
      this.#died += 1;
      this.#restartAtMs.set(name, this.#fleet.clock.nowMs() + RESTART_MS);
    }
  }

  /** Ends processes whose disk was cut off, and starts those whose time has come. */
  async #bury(): Promise<void> {
    const nowMs = this.#fleet.clock.nowMs();
    for (const death of [...this.#deaths]) {
      const node = this.#fleet.nodes.get(death.node);
      if ((node?.disk.operations ?? 0) < death.operation) continue;
      this.#deaths.splice(this.#deaths.indexOf(death), 1);
      if (node?.life === undefined) continue;
      this.#kill(death.node, death.kind, RESTART_MS);
    }
    for (const [name, atMs] of this.#restartAtMs) {
      if (nowMs < atMs) continue;
      this.#restartAtMs.delete(name);
      await this.#start(name);
    }
  }

  #kill(name: string, kind: CrashKind, forMs: number): void {
    if (this.#fleet.nodes.get(name)?.life === undefined) return;
    this.#fleet.kill(name, kind);
    this.#died += 1;
    this.#restartAtMs.set(name, this.#fleet.clock.nowMs() + forMs);
  }

  async #happen(event: LifeEvent): Promise<void> {
    if (event.kind === 'cut') this.#fleet.cut('device-1', 'edge-1');
    else if (event.kind === 'heal') this.#fleet.heal('device-1', 'edge-1');
    else if (event.kind === 'kill') this.#kill(event.node, event.how, event.forMs);
    else if (event.kind === 'put') await this.#put(event.label, event.item);
  }

  async #put(label: string, change: Partial<NewItem> = {}): Promise<void> {
    const { life } = this.#fleet.nodes.get('device-1')!;
    if (life === undefined) return;
    const item: NewItem = { to: { node: 'edge-1' }, kind: 'note', payload: Buffer.from(label), ...change };
    await life.store.commit([{ kind: 'put', item }]).then(
      () => this.#acknowledged.add(label.trim()),
      () => this.#unknown.add(label.trim()),
    );
  }

  #report(): LifeReport {
    const [device, edge] = [this.#fleet.life('device-1').store, this.#fleet.life('edge-1').store];
    const disks = { device: this.#fleet.nodes.get('device-1')!.disk, edge: this.#fleet.nodes.get('edge-1')!.disk };
    return {
      ...{ acknowledged: this.#acknowledged, unknown: this.#unknown },
      ...{ seen: counts(edge, 'seen'), replied: counts(device, 'replied') },
      deaths: this.#died,
      waiting: { device: device.entries().length, edge: edge.entries().length },
      rewrites: { 'device-1': rewritesOf(disks.device), 'edge-1': rewritesOf(disks.edge) },
      operations: { device: disks.device.operations, edge: disks.edge.operations },
    };
  }
}

/** A journal's file is numbered by its generation. */
function rewritesOf(disk: MemoryDisk): number {
  const generations = disk.paths().map(path => Number(/(\d+)\.journal$/.exec(path)?.[1] ?? 0));
  return Math.max(...generations) - 1;
}

function noteHandler(own: () => OutboxStore): ItemHandler {
  return {
    kind: 'note',
    receive: ({ payload, from }) => [
      count(own(), 'seen', payload),
      { kind: 'put', item: { to: { node: from }, kind: 'reply', payload, priority: 'urgent' } },
    ],
  };
}

function replyHandler(own: () => OutboxStore): ItemHandler {
  return { kind: 'reply', receive: ({ payload }) => [count(own(), 'replied', payload)] };
}

function count(store: OutboxStore, table: string, payload: Uint8Array): Change {
  const key = Buffer.from(payload).toString().trim();
  return { kind: 'set', table, key, value: Uint8Array.of((store.records(table).get(key)?.[0] ?? 0) + 1) };
}

function counts(store: OutboxStore, table: string): ReadonlyMap<string, number> {
  return new Map([...store.records(table)].map(([key, value]) => [key, value[0] ?? 0]));
}
