// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, createMemoryNetwork, type LinkFaults } from '@aiflow/actor';
import { type CrashKind, createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import { AiflowError } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import {
  type Courier,
  type CourierOptions,
  createCourier,
  createInboxActor,
  createInboxOffer,
  createOutboxActor,
  type Destination,
  type DurableStoreOptions,
  type ItemHandler,
  type OutboxStore,
  openDurableStore,
} from '../src/index.ts';

/** One process of a node. */
export interface Life {
  readonly system: ActorSystem;
  readonly store: OutboxStore;
  readonly courier: Courier;
}

/** A node that may die and come back with what its disk kept. */
export interface FleetNode {
  readonly name: string;
  disk: MemoryDisk;
  /** Undefined while it is dead. */
  life: Life | undefined;
}

export interface FleetSettings {
  readonly seed?: number;
  readonly faults?: LinkFaults;
  readonly store?: Partial<DurableStoreOptions>;
  readonly courier?: CourierOptions;
  readonly bytesPerSecond?: number;
  /** Handlers of each node, over its own store. */
  readonly handlers: (node: string, store: () => OutboxStore) => readonly ItemHandler[];
  readonly mutate?: (store: OutboxStore) => OutboxStore;
  readonly capabilities?: Readonly<Record<string, readonly string[]>>;
  readonly inbox?: { readonly concurrency?: number; readonly mailboxCapacity?: number };
}

/** Nodes with outboxes on a memory network in virtual time. */
export interface OutboxFleet {
  readonly clock: VirtualClock;
  readonly nodes: ReadonlyMap<string, FleetNode>;
  start(name: string, disk?: MemoryDisk): Promise<void>;
  /** The process is gone, at once; what it had not written is lost as `kind` says. */
  kill(name: string, kind: CrashKind): void;
  cut(one: string, other: string): void;
  heal(one: string, other: string): void;
  life(name: string): Life;
  stop(): Promise<void>;
}

export function createOutboxFleet(settings: FleetSettings): OutboxFleet {
  const clock = createVirtualClock();
  const random = createSeededRandom(settings.seed ?? 1);
  const network = createMemoryNetwork({ clock, random }, { faults: settings.faults ?? { delayMs: 5 } });
  const nodes = new Map<string, FleetNode>();
  const listeners = new Map<string, (node: string) => void>();
  const cuts = new Set<string>();
  const closing: Promise<unknown>[] = [];
  let lives = 0;

  const sees = (one: string, other: string): boolean =>
    nodes.get(other)?.life !== undefined && !cuts.has(`${one} ${other}`);
  const announce = (node: string): void => {
    for (const [name, listener] of listeners) if (name !== node && sees(name, node)) listener(node);
  };
  const resolve = (from: string, to: Destination): string | undefined => {
    if ('node' in to) return sees(from, to.node) ? to.node : undefined;
    return Object.keys(settings.capabilities ?? {}).find(
      name => settings.capabilities?.[name]?.includes(to.capability) === true && sees(from, name),
    );
  };

  const start = async (name: string, disk?: MemoryDisk): Promise<void> => {
    const node = nodes.get(name) ?? {
      name,
      disk: createMemoryDisk({ random: random.fork(`disk ${name}`) }),
      life: undefined,
    };
    if (disk !== undefined) node.disk = disk;
    nodes.set(name, node);
    const own = random.fork(`${name} ${lives++}`);
    const options = { folder: '/store', ...settings.store };
    const whole = await openDurableStore({ files: node.disk.files, clock, random: own.fork('store') }, options);
    const store = settings.mutate?.(whole) ?? whole;
    const system = createActorSystem({ transport: network.transport(name), clock, random: own.fork('system') });
    await system.start();
    system.spawn(createInboxActor({ store, handlers: settings.handlers(name, () => store), ...settings.inbox }));
    const courier = createCourier(
      {
        ...{ store, clock, random: own.fork('courier') },
        resolve: to => (node.life?.store === store ? resolve(name, to) : undefined),
        offer: createInboxOffer(system),
        onPeers: listener => {
          listeners.set(name, listener);
          return () => void listeners.delete(name);
        },
        linkOf: () => ({ rttMs: 10, bytesPerSecond: settings.bytesPerSecond ?? 1e6 }),
      },
      settings.courier,
    );
    system.spawn(createOutboxActor({ store, courier }));
    node.life = { system, store, courier };
    announce(name);
    for (const other of nodes.keys()) if (other !== name && sees(name, other)) listeners.get(name)?.(other);
  };

  const end = (node: FleetNode): void => {
    const { life } = node;
    node.life = undefined;
    if (life === undefined) return;
    closing.push(
      Promise.allSettled([
        life.courier[Symbol.asyncDispose](),
        life.system[Symbol.asyncDispose](),
        life.store[Symbol.asyncDispose](),
      ]),
    );
  };

  const nodeNamed = (name: string): FleetNode => {
    const node = nodes.get(name);
    if (node === undefined) throw new AiflowError('not-found', `no node ${name} in the test fleet`);
    return node;
  };

  return {
    ...{ clock, nodes, start },
    kill: (name, kind) => {
      const node = nodeNamed(name);
      node.disk.crash(kind);
      end(node);
    },
    cut: (one, other) => {
      network.partition(one, other);
      cuts.add(`${one} ${other}`).add(`${other} ${one}`);
    },
    heal: (one, other) => {
      network.heal(one, other);
      for (const pair of [`${one} ${other}`, `${other} ${one}`]) cuts.delete(pair);
      if (sees(one, other)) listeners.get(one)?.(other);
      if (sees(other, one)) listeners.get(other)?.(one);
    },
    life: name => {
      const { life } = nodeNamed(name);
      if (life === undefined) throw new AiflowError('unavailable', `node ${name} is dead`);
      return life;
    },
    stop: async () => {
      for (const node of nodes.values()) end(node);
      await clock.runUntilSettled(Promise.all(closing));
    },
  };
}
