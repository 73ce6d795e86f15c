// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, createMemoryNetwork, type MemoryNetwork } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import {
  type ContinueRequest,
  type ContinuerRoleOptions,
  continueAnswer,
  createContinuerRole,
  createFeatureSourceRole,
  type DirectoryEntry,
  formatCapability,
  type LinkBook,
  type RelaySummary,
  type TextModel,
} from '../src/index.ts';
import { createToyRelayEngine, TOY_WIDTH, type ToyRelayEngine, type ToyRelayOptions } from './toy-relay-engine.ts';

export interface RelayFleetOptions {
  readonly edge?: Partial<ToyRelayOptions>;
  readonly cloud?: Partial<ToyRelayOptions>;
  readonly edgeWidth?: number;
  readonly continuer?: ContinuerRoleOptions;
  readonly links?: LinkBook;
  readonly maxSessions?: number;
  /** What the cloud believes of the edge, where it differs from what it is. */
  readonly advertise?: (entry: DirectoryEntry) => DirectoryEntry;
}

/** What came of one request. */
export interface Continued {
  readonly tokens: readonly number[];
  readonly summary: RelaySummary | undefined;
  readonly error: AiflowError | undefined;
  readonly durationMs: number;
}

export interface RelayFleet {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly edge: ToyRelayEngine;
  readonly cloud: ToyRelayEngine;
  readonly client: ActorSystem;
  ask(request: Partial<ContinueRequest>, options?: { readonly timeoutMs?: number }): Promise<Continued>;
  killEdge(): Promise<void>;
  startEdge(): Promise<void>;
  passTime<T>(work: Promise<T>): Promise<T>;
  /** Streams and steps that the edge has under way. */
  edgeWork(): number;
}

export const CONTEXT = 512;
export const QUESTION = 'which way to the north dock?';

const textModel: TextModel = {
  modelHash: 'toy',
  contextTokens: CONTEXT,
  examples: [],
  encodeQuestion: question => Array.from(question, character => character.codePointAt(0) ?? 0),
  decode: tokens => tokens.filter(token => token !== 0).join(' '),
  scoreDomain: async () => undefined,
};

/** An edge that stops at layer 3 and a cloud that can be entered there. */
export async function startRelayFleet(options: RelayFleetOptions = {}): Promise<RelayFleet> {
  const clock = createVirtualClock();
  const random = createSeededRandom(1);
  const network = createMemoryNetwork({ clock, random }, { faults: { delayMs: 5 } });
  const edgeOptions = { exits: [1, 3], rowMs: 0.1, ...options.edge };
  const edge = createToyRelayEngine(clock, edgeOptions);
  const cloud = createToyRelayEngine(clock, { exits: [3, 6], rowMs: 0.1, ...options.cloud });
  const advertise = options.advertise ?? ((entry: DirectoryEntry) => entry);
  const entries = edge.exits.map(exit =>
    advertise({
      address: { node: 'edge-1', actor: 'features' },
      tier: 'edge',
      capability: formatCapability({ duty: 'features', family: cloud.family, exit, format: edge.format }),
    }),
  );
  const directory = {
    costs: () => undefined,
    find: (prefix: string) => entries.filter(({ capability }) => capability.startsWith(prefix)),
  };
  const systems = new Map<string, ActorSystem>();
  const start = async (node: string): Promise<ActorSystem> => {
    const system = createActorSystem({ transport: network.transport(node), clock, random: random.fork(node) });
    systems.set(node, system);
    return system;
  };
  const startEdge = async (): Promise<void> => {
    const system = await start('edge-1');
    const links = options.links === undefined ? {} : { links: options.links };
    const { maxSessions } = options;
    system.spawn(
      createFeatureSourceRole(
        { engine: edge, width: options.edgeWidth ?? TOY_WIDTH, contextTokens: CONTEXT, ...links },
        maxSessions === undefined ? {} : { maxSessions },
      ),
    );
    await system.start();
  };
  await startEdge();
  const cloudSystem = await start('cloud-1');
  cloudSystem.spawn(
    createContinuerRole({ engine: cloud, width: TOY_WIDTH, textModel, directory }, options.continuer ?? {}),
  );
  await cloudSystem.start();
  const client = await start('client-1');
  await client.start();
  const passTime = <T>(work: Promise<T>): Promise<T> => clock.runUntilSettled(work);
  return {
    ...{ clock, network, edge, cloud, client, startEdge, passTime },
    edgeWork: () => {
      const role = systems
        .get('edge-1')
        ?.actors()
        .find(({ name }) => name === 'features');
      if (role === undefined) throw new Error('the edge plays no role');
      return role.inProgress;
    },
    killEdge: async () => {
      edge.forget();
      await systems.get('edge-1')?.[Symbol.asyncDispose]();
    },
    ask: (request, callOptions = {}) =>
      passTime(collect({ client, clock }, { question: QUESTION, ...request }, { timeoutMs: 60_000, ...callOptions })),
  };
}

async function collect(
  { client, clock }: { readonly client: ActorSystem; readonly clock: VirtualClock },
  request: ContinueRequest,
  options: { readonly timeoutMs: number },
): Promise<Continued> {
  const beganMs = clock.nowMs();
  const tokens: number[] = [];
  let summary: RelaySummary | undefined;
  let error: AiflowError | undefined;
  try {
    const to = { node: 'cloud-1', actor: 'continuer' };
    for await (const item of client.stream(to, continueAnswer, request, options)) {
      if (item.kind === 'tokens') tokens.push(...item.tokens);
      else summary = item.summary;
    }
  } catch (thrown) {
    error = AiflowError.from(thrown);
  }
  return { tokens, summary, error, durationMs: clock.nowMs() - beganMs };
}
