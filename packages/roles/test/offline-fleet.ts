// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createSyntheticEngine, createSyntheticLanguage, type SyntheticEngine } from '@aiflow/decode';
import { type CrashKind, createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import {
  type Change,
  createCourier,
  createInboxActor,
  createInboxOffer,
  type Destination,
  type OutboxStore,
  openDurableStore,
} from '@aiflow/outbox';
import { AiflowError, type Revision } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import {
  type AnswererRoleOptions,
  type AnswerSummary,
  type AskRequest,
  askAnswer,
  createAnswererRole,
  createFinisher,
  createFinisherRole,
  createRequestBook,
  createRequestsRole,
  createRevisionHandler,
  createVerifierRole,
  finishCapability,
  formatCapability,
  parseCapability,
  type RequestBook,
  readToTheEnd,
  recoverRequests,
} from '../src/index.ts';
import { CLOUD, DEVICE, EDGE, type ToyNode, toyText } from './toy-fleet.ts';

/** One process of a node. */
interface Life {
  readonly system: ActorSystem;
  readonly store: OutboxStore;
  readonly book: RequestBook;
  readonly engine: SyntheticEngine;
  readonly parts: readonly AsyncDisposable[];
}

/** What came of asking once. */
export interface OfflineAnswer {
  readonly isAccepted: boolean;
  readonly revisions: readonly Revision[];
  readonly provisional: readonly AnswerSummary[];
  readonly summary: AnswerSummary | undefined;
  readonly error: AiflowError | undefined;
  readonly durationMs: number;
}

export interface OfflineFleetOptions {
  readonly nodes?: readonly ToyNode[];
  readonly seed?: number;
  readonly delayMs?: number;
  readonly answerTokens?: number;
  /** Whether adverts tell at once that a node is gone. Default true. */
  readonly noticesAtOnce?: boolean;
  readonly answerer?: Partial<AnswererRoleOptions>;
  readonly confirmAfterMs?: number;
  /** Of what a node finishes. Default the toy's. */
  readonly modelHash?: string;
  /** Hears what a node is about to commit, but for what its inbox does. */
  readonly onCommit?: (node: string, changes: readonly Change[]) => void;
}

export interface OfflineFleet {
  readonly clock: VirtualClock;
  start(name: string): Promise<void>;
  /** The process is gone, at once. */
  kill(name: string, kind?: CrashKind): void;
  disk(name: string): MemoryDisk;
  life(name: string): Life;
  isAlive(name: string): boolean;
  /** Cuts or heals all links between the device and the others. */
  tunnel(isIn: boolean): void;
  cut(one: string, other: string): void;
  heal(one: string, other: string): void;
  /** Asks the device; runs beside other work. */
  ask(
    request: AskRequest,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<OfflineAnswer>;
  /** What `exit` says alone. */
  alone(question: string, exit: number, seed?: number): string;
  stop(): Promise<void>;
}

/** Nodes with stores on disks of their own, in virtual time. Edges and clouds finish answers. */
export async function startOfflineFleet(options: OfflineFleetOptions = {}): Promise<OfflineFleet> {
  const fleet = new Fleet(options);
  await fleet.clock.runUntilSettled(fleet.begin());
  return fleet;
}

class Fleet implements OfflineFleet {
  readonly clock = createVirtualClock();
  readonly #options: OfflineFleetOptions;
  readonly #nodes: readonly ToyNode[];
  readonly #random;
  readonly #network;
  readonly #language;
  readonly #disks = new Map<string, MemoryDisk>();
  readonly #lives = new Map<string, Life>();
  readonly #cuts = new Set<string>();
  readonly #peers = new Map<string, (node: string) => void>();
  readonly #closing: Promise<unknown>[] = [];
  #client: ActorSystem | undefined;
  #count = 0;

  constructor(options: OfflineFleetOptions) {
    const { seed = 1, delayMs = 5, answerTokens = 40 } = options;
    this.#options = options;
    this.#nodes = options.nodes ?? [DEVICE, EDGE, CLOUD];
    this.#random = createSeededRandom(seed);
    this.#network = createMemoryNetwork({ clock: this.clock, random: this.#random }, { faults: { delayMs } });
    this.#language = createSyntheticLanguage({ seed, answerTokens, agreement: { 1: 0.85, 2: 0.9, 3: 0.95 } });
  }

  async begin(): Promise<void> {
    for (const { node } of this.#nodes) await this.start(node);
    const transport = this.#network.transport('client-1');
    this.#client = createActorSystem({ transport, clock: this.clock, random: this.#random.fork('client') });
    await this.#client.start();
    for (const [from, to] of [
      ['client-1', 'device-1'],
      ['device-1', 'client-1'],
    ] as const) {
      this.#network.setFaults(from, to, {});
    }
  }

  disk(name: string): MemoryDisk {
    const disk = this.#disks.get(name) ?? createMemoryDisk({ random: this.#random.fork(`disk ${name}`) });
    this.#disks.set(name, disk);
    return disk;
  }

  life(name: string): Life {
    const life = this.#lives.get(name);
    if (life === undefined) throw new Error(`${name} is dead`);
    return life;
  }

  isAlive(name: string): boolean {
    return this.#lives.has(name);
  }

  async start(name: string): Promise<void> {
    const described = this.#nodes.find(({ node }) => node === name);
    if (described === undefined) throw new Error(`no node ${name}`);
    const { clock } = this;
    const { tier, exits } = described;
    const random = this.#random.fork(`${name} ${this.#count++}`);
    const opened = await openDurableStore({ files: this.disk(name).files, clock, random }, { folder: '/store' });
    const store = this.#watched(name, opened);
    const system = createActorSystem({
      transport: this.#network.transport(name),
      clock,
      random: random.fork('system'),
    });
    const engine = createSyntheticEngine({ clock, language: this.#language }, described);
    const book = createRequestBook({ store, clock });
    const directory = { costs: () => undefined, find: (prefix: string) => this.#find(name, prefix) };
    const collaborators = { engine, directory, textModel: toyText, requests: book };
    const ask = (request: AskRequest, limits: { readonly signal: AbortSignal; readonly timeoutMs: number }) =>
      system.stream({ node: name, actor: 'answerer' }, askAnswer, request, limits);
    const reach = (): number =>
      Math.max(...exits, ...directory.find('verify:').map(({ capability }) => parseCapability(capability)?.exit ?? 0));
    const finisher = createFinisher({
      ...{ store, clock, tier, family: 'synthetic', modelHash: this.#options.modelHash ?? toyText.modelHash, reach },
      answer: (request, signal) => readToTheEnd(ask(request, { signal, timeoutMs: 130_000 })),
    });
    const handlers = [createRevisionHandler(book, { clock }), ...(tier === 'device' ? [] : [finisher.handler])];
    system.spawn(createInboxActor({ store, handlers }));
    system.spawn(createVerifierRole({ engine }));
    system.spawn(createAnswererRole(collaborators, { tier, familyExits: [1, 2, 3, 4], ...this.#options.answerer }));
    system.spawn(createRequestsRole(book));
    if (tier !== 'device') system.spawn(createFinisherRole(finisher, { family: 'synthetic' }));
    await system.start();
    const courier = createCourier({
      ...{ store, clock, random: random.fork('courier') },
      resolve: to => (this.#lives.get(name)?.store === store ? this.#resolve(name, to) : undefined),
      offer: createInboxOffer(system),
      onPeers: listener => {
        this.#peers.set(name, listener);
        return () => void this.#peers.delete(name);
      },
      linkOf: () => ({ rttMs: 10, bytesPerSecond: 1e6 }),
    });
    const { confirmAfterMs = 60_000 } = this.#options;
    const recovery = recoverRequests({ book, clock, node: name, ask }, { confirmAfterMs });
    this.#lives.set(name, { system, store, book, engine, parts: [recovery, finisher, courier, system, opened] });
    for (const [other, listener] of this.#peers) if (other !== name && this.#sees(other, name)) listener(name);
  }

  kill(name: string, kind: CrashKind = 'process'): void {
    this.disk(name).crash(kind);
    this.#end(name);
  }

  tunnel(isIn: boolean): void {
    for (const { node } of this.#nodes) {
      if (node === 'device-1') continue;
      if (isIn) this.cut('device-1', node);
      else this.heal('device-1', node);
    }
  }

  cut(one: string, other: string): void {
    this.#network.partition(one, other);
    this.#cuts.add(`${one} ${other}`).add(`${other} ${one}`);
  }

  heal(one: string, other: string): void {
    this.#network.heal(one, other);
    for (const pair of [`${one} ${other}`, `${other} ${one}`]) this.#cuts.delete(pair);
    if (this.#sees(one, other)) this.#peers.get(one)?.(other);
    if (this.#sees(other, one)) this.#peers.get(other)?.(one);
  }

  async ask(
    request: AskRequest,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<OfflineAnswer> {
    const revisions: Revision[] = [];
    const provisional: AnswerSummary[] = [];
    const beganMs = this.clock.nowMs();
    let isAccepted = false;
    let summary: AnswerSummary | undefined;
    let error: AiflowError | undefined;
    try {
      const to = { node: 'device-1', actor: 'answerer' };
      if (this.#client === undefined) throw new Error('the fleet has not begun');
      for await (const item of this.#client.stream(to, askAnswer, request, { timeoutMs: 60_000, ...options })) {
        if (item.kind === 'accepted') isAccepted = true;
        else if (item.kind === 'revision') revisions.push(item.revision);
        else if (item.summary.provisional === true) provisional.push(item.summary);
        else summary = item.summary;
      }
    } catch (thrown) {
      error = AiflowError.from(thrown);
    }
    return { isAccepted, revisions, provisional, summary, error, durationMs: this.clock.nowMs() - beganMs };
  }

  alone(question: string, exit: number): string {
    const prompt = toyText.encodeQuestion(question);
    const answer: number[] = [];
    while (answer.at(-1) !== 0) answer.push(this.#language.next(exit, prompt, answer));
    return toyText.decode(answer, true);
  }

  async stop(): Promise<void> {
    for (const { node } of this.#nodes) this.#end(node);
    await this.clock.runUntilSettled(Promise.all(this.#closing));
  }

  #end(name: string): void {
    const life = this.#lives.get(name);
    this.#lives.delete(name);
    this.#peers.delete(name);
    if (life !== undefined) this.#closing.push(Promise.allSettled(life.parts.map(part => part[Symbol.asyncDispose]())));
  }

  /** The store as it is, and somebody who sees what is committed by this node itself. */
  #watched(name: string, store: OutboxStore): OutboxStore {
    const { onCommit } = this.#options;
    if (onCommit === undefined) return store;
    return new Proxy(store, {
      get: (target, key) => {
        if (key === 'commit') {
          return (changes: readonly Change[]) => {
            onCommit(name, changes);
            return target.commit(changes);
          };
        }
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #sees(one: string, other: string): boolean {
    const isSilent = this.#cuts.has(`${one} ${other}`) || !this.#lives.has(other);
    return one !== other && !(isSilent && this.#options.noticesAtOnce !== false);
  }

  #find(from: string, prefix: string) {
    return this.#nodes.flatMap(({ node, tier, exits, format = 'fp32' }) =>
      this.#sees(from, node)
        ? (['verify', 'answer'] as const).flatMap(duty =>
            exits
              .map(exit => ({
                address: { node, actor: duty === 'verify' ? 'verifier' : 'answerer' },
                tier,
                capability: formatCapability({ duty, family: 'synthetic', exit, format }),
              }))
              .filter(({ capability }) => capability.startsWith(prefix)),
          )
        : [],
    );
  }

  #resolve(from: string, to: Destination): string | undefined {
    const isThere = (node: string): boolean =>
      this.#lives.has(node) && !this.#cuts.has(`${from} ${node}`) && node !== from;
    if ('node' in to) return isThere(to.node) ? to.node : undefined;
    if (to.capability !== finishCapability('synthetic')) return undefined;
    return this.#nodes.find(({ node, tier }) => tier !== 'device' && isThere(node))?.node;
  }
}
