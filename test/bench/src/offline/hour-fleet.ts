// SPDX-License-Identifier: Apache-2.0
//
// Device, edge and cloud with disks of their own, in virtual time, as their processes come and go.
//
// F1  A process that is killed stops at once: its disk refuses it, its transport is gone, and nothing of it is waited for.
// F2  A node is started again until it stands, as by a service manager.
import { type ActorSystem, createActorSystem, createMemoryNetwork, type MemoryNetwork } from '@aiflow/actor';
import type { SyntheticLanguage } from '@aiflow/decode';
import { createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import { createSeededRandom, createVirtualClock, type Random, sleep, type VirtualClock } from '@aiflow/time';
import { withManners } from './hour-disk.ts';
import { createHourLanguage } from './hour-language.ts';
import { HourLedger } from './hour-ledger.ts';
import { createHourLinks, type HourLinks } from './hour-links.ts';
import { type HourLife, type HourMutant, startHourNode } from './hour-node.ts';
import { HOUR_NODES, type HourNode, type PlannedKill } from './hour-plan.ts';

interface Place {
  readonly disk: MemoryDisk;
  life: HourLife | undefined;
  /** Aborts with the process. */
  process: AbortController;
}

const DELAY_MS = 15;
const JITTER_MS = 5;
const SYNC_MS = 2;
const POLL_MS = 50;
const ARMED_MS = 20_000;
const START_AGAIN_MS = 1000;
const PROGRAM = 'program-1';

/** The fleet of one hour. */
export class HourFleet {
  readonly clock: VirtualClock = createVirtualClock();
  readonly language: SyntheticLanguage;
  readonly links: HourLinks;
  readonly ledger: HourLedger;
  /** When each node was down: from, until. */
  readonly absences: Record<HourNode, [number, number][]> = { 'device-1': [], 'edge-1': [], 'cloud-1': [] };
  killsInCommits = 0;
  maxDiskBytes = 0;
  /** Of the programs on the device. */
  readonly programs: ActorSystem;
  readonly #mutant: HourMutant;
  readonly #random: Random;
  readonly #network: MemoryNetwork;
  readonly #places: Record<HourNode, Place>;
  readonly #closing: PromiseLike<unknown>[] = [];
  #lives = 0;

  constructor(seed: number, mutant: HourMutant) {
    const { clock } = this;
    this.#mutant = mutant;
    this.#random = createSeededRandom(seed).fork('fleet');
    this.language = createHourLanguage(seed);
    const random = this.#random.fork('network');
    this.#network = createMemoryNetwork({ clock, random }, { faults: { delayMs: DELAY_MS, jitterMs: JITTER_MS } });
    for (const [from, to] of [
      [PROGRAM, 'device-1'],
      ['device-1', PROGRAM],
    ] as const)
      this.#network.setFaults(from, to, { delayMs: 1 });
    this.ledger = new HourLedger(clock);
    this.#places = Object.fromEntries(HOUR_NODES.map(node => [node, this.#newPlace(node)])) as Record<HourNode, Place>;
    const isAlive = (node: string): boolean => this.isAlive(node as HourNode);
    this.links = createHourLinks({
      ...{ network: this.#network, clock, random: this.#random.fork('links'), nodes: HOUR_NODES, isAlive },
    });
    const transport = this.#network.transport(PROGRAM);
    this.programs = createActorSystem({ transport, clock, random: this.#random.fork('programs') });
  }

  async begin(): Promise<void> {
    await Promise.all(HOUR_NODES.map(node => this.#start(node)));
    await this.programs.start();
  }

  isAlive(node: HourNode): boolean {
    return this.#places[node].life !== undefined;
  }

  life(node: HourNode): HourLife | undefined {
    return this.#places[node].life;
  }

  /** Aborts when the process that runs now ends. */
  process(node: HourNode): AbortSignal {
    return this.#places[node].process.signal;
  }

  /** Ends the process as planned, and has the node back; resolves then. */
  async kill(node: HourNode, { kind, operations, forMs }: PlannedKill): Promise<void> {
    const { clock } = this;
    while (!this.isAlive(node)) await sleep(clock, POLL_MS);
    const { disk } = this.#places[node];
    const isInCommit = operations !== undefined && (await this.#crashAt(disk, operations, kind));
    if (isInCommit) this.killsInCommits += 1;
    else disk.crash(kind);
    this.#end(node);
    const fromMs = clock.nowMs();
    await sleep(clock, forMs);
    await this.#start(node);
    this.absences[node].push([fromMs, clock.nowMs()]);
  }

  async brokerRestarts(forMs: number): Promise<void> {
    this.links.down('device-1', ['edge-1', 'cloud-1'], forMs);
    this.links.down('edge-1', ['cloud-1'], forMs);
    await sleep(this.clock, forMs);
    for (const node of HOUR_NODES) this.life(node)?.reconnected();
  }

  noteBounds(): void {
    for (const { disk } of Object.values(this.#places)) this.maxDiskBytes = Math.max(this.maxDiskBytes, disk.usedBytes);
  }

  async stop(): Promise<void> {
    for (const node of HOUR_NODES) this.#end(node);
    this.#closing.push(this.programs[Symbol.asyncDispose]());
    await this.clock.runUntilSettled(Promise.all(this.#closing));
  }

  #newPlace(node: string): Place {
    const disk = createMemoryDisk({ random: this.#random.fork(`disk of ${node}`) });
    return { disk, life: undefined, process: new AbortController() };
  }

  /** False where the disk had not come so far in time. */
  async #crashAt(disk: MemoryDisk, operations: number, kind: PlannedKill['kind']): Promise<boolean> {
    const at = disk.operations + operations;
    disk.crashAt(at, kind);
    for (let ms = 0; ms < ARMED_MS && disk.operations < at; ms += POLL_MS) await sleep(this.clock, POLL_MS);
    return disk.operations >= at;
  }

  /** F2. */
  async #start(node: HourNode): Promise<void> {
    const { clock, links, ledger, language } = this;
    const place = this.#places[node];
    for (;;) {
      const files = withManners(place.disk.files, clock, { syncMs: SYNC_MS, syncs: this.#mutant.syncs ?? true });
      const random = this.#random.fork(`${node} ${this.#lives++}`);
      const parts = { name: node, clock, random, network: this.#network, language, files, links, ledger };
      try {
        place.process = new AbortController();
        place.life = await startHourNode({ ...parts, mutant: this.#mutant });
        return links.changed(node);
      } catch {
        await sleep(clock, START_AGAIN_MS);
      }
    }
  }

  /** F1. */
  #end(node: HourNode): void {
    const place = this.#places[node];
    const { life } = place;
    place.life = undefined;
    place.process.abort(new Error(`the process of ${node} is gone`));
    this.links.changed(node);
    if (life !== undefined) this.#closing.push(life[Symbol.asyncDispose]());
  }
}
