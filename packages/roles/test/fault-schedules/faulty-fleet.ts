// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, createMemoryNetwork, type LinkFaults } from '@aiflow/actor';
import { createSyntheticLanguage, fixedDraftLength, type SyntheticLanguage } from '@aiflow/decode';
import type { Tier } from '@aiflow/protocol';
import { type Clock, createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import {
  createAnswererRole,
  createVerifierRole,
  type DirectoryEntry,
  formatCapability,
  type TextModel,
} from '../../src/index.ts';
import { createFaultyEngine, type FaultyEngine, VOCABULARY } from './faulty-engine.ts';
import { createFaultyLinks, type FaultyLinks } from './faulty-links.ts';
import type { Fault, FaultKind, Schedule } from './schedule.ts';

/** A node and what it runs now. */
export interface FleetNode {
  readonly node: string;
  readonly tier: Tier;
  readonly exits: readonly number[];
  readonly clock: Clock;
  engine: FaultyEngine;
  system: ActorSystem;
  isUp: boolean;
}

/** A fleet on a memory network: `device-1` owns the sessions, `client-1` asks, one or two tiers judge. */
export interface FaultyFleet {
  readonly clock: VirtualClock;
  readonly links: FaultyLinks;
  readonly language: SyntheticLanguage;
  readonly client: ActorSystem;
  readonly nodes: ReadonlyMap<string, FleetNode>;
  /** What owners believe of the nodes that judge. */
  readonly entries: readonly DirectoryEntry[];
  /** A node of a stranger, who may say anything to anybody. */
  readonly stranger: ActorSystem;
  start(node: string): Promise<void>;
  /** Without a warning to anybody, or in order. */
  end(node: string, how: 'crash' | 'shutdown'): Promise<void>;
  inFlight(): number;
  /** Messages that the network itself lost, doubled or held back. */
  linkHits(): { readonly loss: number; readonly duplicate: number; readonly reorder: number };
}

const STEP_MS: Readonly<Record<string, number>> = { 'device-1': 4, 'edge-1': 2, 'cloud-1': 5, 'cloud-2': 5 };

/** Words are numbers, characters of a question its tokens. */
export const numberText: TextModel = {
  modelHash: 'numbers',
  contextTokens: 512,
  examples: ['one?', 'two?', 'three?'],
  encodeQuestion: question => Array.from(question, character => character.codePointAt(0) ?? 0),
  decode: tokens => tokens.filter(token => token !== 0).join(' '),
  scoreDomain: async () => undefined,
};

/** Starts the fleet of a schedule; its faults are not yet under way. */
export async function startFaultyFleet(schedule: Schedule): Promise<FaultyFleet> {
  const fleet = new Fleet(schedule);
  for (const name of fleet.nodes.keys()) await fleet.start(name);
  await fleet.client.start();
  await fleet.stranger.start();
  return fleet;
}

class Fleet implements FaultyFleet {
  readonly clock = createVirtualClock();
  readonly links: FaultyLinks;
  readonly language: SyntheticLanguage;
  readonly client: ActorSystem;
  readonly stranger: ActorSystem;
  readonly nodes = new Map<string, FleetNode>();
  readonly entries: readonly DirectoryEntry[];
  readonly inFlight: () => number;
  readonly linkHits: FaultyFleet['linkHits'];
  readonly #schedule: Schedule;
  readonly #make: (node: string, clock: Clock) => ActorSystem;

  constructor(schedule: Schedule) {
    const { seed, answerTokens, agreement, faults } = schedule;
    this.#schedule = schedule;
    this.language = createSyntheticLanguage({ seed, answerTokens, agreement, vocabulary: VOCABULARY });
    const random = createSeededRandom(seed);
    const network = createMemoryNetwork({ clock: this.clock, random }, { faults: linkFaults(schedule) });
    this.links = createFaultyLinks(network, this.clock, random.fork('links'));
    this.inFlight = () => network.statistics().inFlight;
    this.#make = (node, clock) =>
      createActorSystem({ transport: this.links.wrap(network.transport(node)), clock, random: random.fork(node) });
    for (const [node, tier, exits] of this.#members()) {
      const clock = this.#clockOf(node, faultOf(faults, 'clocks-apart')?.offsetMs ?? 0);
      this.nodes.set(node, { node, tier, exits, clock, isUp: false, ...({} as Pick<FleetNode, 'engine' | 'system'>) });
    }
    this.entries = [...this.nodes.values()].slice(1).flatMap(entriesOf);
    this.client = this.#make('client-1', this.clock);
    this.stranger = this.#make('stranger-1', this.clock);
    for (const node of this.nodes.keys()) {
      network.setFaults('client-1', node, {});
      network.setFaults(node, 'client-1', {});
    }
    this.linkHits = () => {
      const { lost, duplicated, reordered } = network.statistics();
      return { loss: lost, duplicate: duplicated, reorder: reordered };
    };
  }

  async start(name: string): Promise<void> {
    const node = this.nodes.get(name);
    if (node === undefined || node.isUp) return;
    const { faults, batching, window, draftTokens, maxAhead, maxBlockTokens } = this.#schedule;
    const isAlien = faults.some(fault => fault.kind === 'other-family' && fault.node === name);
    const { exits, clock, tier } = node;
    node.engine = createFaultyEngine(
      { clock, language: this.language },
      { exits, stepMs: STEP_MS[name] ?? 1, batching, ...(isAlien ? { family: 'other' } : {}) },
    );
    node.system = this.#make(name, clock);
    const desk = faultOf(faults, 'crowded') === undefined ? {} : { maxSessions: 1 };
    node.system.spawn(createVerifierRole({ engine: node.engine }, desk));
    const directory = {
      costs: () => undefined,
      find: (prefix: string) => this.entries.filter(({ capability }) => capability.startsWith(prefix)),
    };
    const decoding = { window, maxAhead, maxBlockTokens, draftLength: fixedDraftLength(draftTokens) };
    if (name === 'device-1') {
      node.system.spawn(
        createAnswererRole(
          { engine: node.engine, textModel: numberText, directory },
          { tier, familyExits: [1, 2, 3, 4], decoding },
        ),
      );
    }
    await node.system.start();
    node.isUp = true;
    this.links.crashed.delete(name);
  }

  async end(name: string, how: 'crash' | 'shutdown'): Promise<void> {
    const node = this.nodes.get(name);
    if (node === undefined || !node.isUp) return;
    node.isUp = false;
    if (how === 'crash') this.links.crashed.add(name);
    this.links.hit(how);
    await node.system[Symbol.asyncDispose]();
  }

  #members(): readonly (readonly [string, Tier, readonly number[]])[] {
    const edge = [['edge-1', 'edge', [3]]] as const;
    return [
      ['device-1', 'device', this.#schedule.deviceExits],
      ...(this.#schedule.tiers === 'three' ? edge : []),
      ['cloud-1', 'cloud', [4]],
      ['cloud-2', 'cloud', [4]],
    ];
  }

  /** Each node an hour off in its own direction, on both of its clocks. */
  #clockOf(node: string, offsetMs: number): Clock {
    const own = { 'device-1': 0, 'edge-1': 1, 'cloud-1': -1, 'cloud-2': 2 }[node] ?? 0;
    const offset = own * offsetMs;
    if (offset === 0) return this.clock;
    this.links.hit('clocks-apart');
    return {
      nowMs: () => this.clock.nowMs() + offset,
      wallMs: () => this.clock.wallMs() + offset,
      setTimer: (delayMs, fire) => this.clock.setTimer(delayMs, fire),
    };
  }
}

/** The first fault of a kind, if the schedule has one. */
export function faultOf<Kind extends FaultKind>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
}

function linkFaults({ link, faults }: Schedule): LinkFaults {
  const share = (kind: 'loss' | 'duplicate' | 'reorder'): number =>
    Math.max(0, ...faults.map(fault => (fault.kind === kind && 'share' in fault ? fault.share : 0)));
  return { ...link, loss: share('loss'), duplicate: share('duplicate'), reorder: share('reorder'), reorderMs: 80 };
}

function entriesOf({ node, tier, exits }: FleetNode): readonly DirectoryEntry[] {
  return exits.map(exit => ({
    address: { node, actor: 'verifier' },
    tier,
    capability: formatCapability({ duty: 'verify', family: 'synthetic', exit, format: 'fp32' }),
  }));
}
