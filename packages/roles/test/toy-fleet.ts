// SPDX-License-Identifier: Apache-2.0
import {
  type ActorSystem,
  createActorSystem,
  createMemoryNetwork,
  type LinkFaults,
  type MemoryNetwork,
} from '@aiflow/actor';
import {
  createSyntheticEngine,
  createSyntheticLanguage,
  type SyntheticEngine,
  type SyntheticLanguage,
} from '@aiflow/decode';
import type { ComputeFormat } from '@aiflow/model';
import type { AcceptanceFacts, PlacementNode } from '@aiflow/placement';
import { AiflowError, type Revision, type Tier } from '@aiflow/protocol';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import {
  type AnswererRoleOptions,
  type AnswerSummary,
  type AskItem,
  type AskRequest,
  askAnswer,
  createAnswererRole,
  createVerifierRole,
  type DirectoryEntry,
  formatCapability,
  type LinkBook,
  type TextModel,
} from '../src/index.ts';

/** One node of a toy fleet. Its engine speaks the fleet's language. */
export interface ToyNode {
  readonly node: string;
  readonly tier: Tier;
  readonly exits: readonly number[];
  readonly stepMs: number;
  readonly format?: ComputeFormat;
  readonly family?: string;
  readonly tensorContract?: string;
  readonly featureSpaces?: ReadonlyMap<number, string>;
}

export interface ToyFleetOptions {
  readonly nodes: readonly ToyNode[];
  readonly faults?: LinkFaults;
  readonly seed?: number;
  readonly answerTokens?: number;
  readonly answerer?: Partial<AnswererRoleOptions>;
  readonly textModel?: Partial<TextModel>;
  /** What a node states of its costs. Default: nothing. */
  readonly costs?: (node: ToyNode) => PlacementNode | undefined;
  /** What probes say of links. Default: nothing. */
  readonly links?: LinkBook;
  readonly acceptance?: readonly AcceptanceFacts[];
  /** What the owner believes of others, where it differs from what they are. */
  readonly advertise?: (entry: DirectoryEntry) => DirectoryEntry;
}

/** What came of one question. */
export interface Asked {
  readonly revisions: readonly Revision[];
  /** Provisional summaries, when each came, and how many revisions were there by then. */
  readonly provisional: readonly ProvisionalAnswer[];
  readonly summary: AnswerSummary | undefined;
  readonly error: AiflowError | undefined;
  readonly durationMs: number;
}

/** How an answer stood at its deadline. */
export interface ProvisionalAnswer {
  readonly summary: AnswerSummary;
  readonly revision: Revision | undefined;
  readonly revisionsBefore: number;
  readonly atMs: number;
}

export interface ToyFleet {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly language: SyntheticLanguage;
  readonly textModel: TextModel;
  engine(node: string): SyntheticEngine;
  system(node: string): ActorSystem;
  ask(request: AskRequest, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<Asked>;
  /** Reads one item and leaves. */
  readFirst(request: AskRequest): Promise<AskItem | undefined>;
  /** Ends the node as a crash does; `start` brings it back with nothing in memory. */
  kill(node: string): Promise<void>;
  start(node: string): Promise<void>;
  /** What `exit` says alone to a question. */
  alone(question: string, exit: number, limit?: number): string;
}

export const DEVICE: ToyNode = { node: 'device-1', tier: 'device', exits: [1], stepMs: 4 };
export const EDGE: ToyNode = { node: 'edge-1', tier: 'edge', exits: [1, 3], stepMs: 2 };
export const CLOUD: ToyNode = { node: 'cloud-1', tier: 'cloud', exits: [3, 4], stepMs: 5 };

/** Words are numbers; characters of a question are its tokens. */
export const toyText: TextModel = {
  modelHash: 'toy',
  contextTokens: 512,
  examples: ['first example?', 'second example?', 'third example?'],
  encodeQuestion: question => Array.from(question, character => character.codePointAt(0) ?? 0),
  decode: tokens => tokens.filter(token => token !== 0).join(' '),
  scoreDomain: async () => undefined,
};

/** Starts nodes that all know of each other, as far as they are alive when asked. */
export async function startToyFleet(options: ToyFleetOptions): Promise<ToyFleet> {
  const clock = createVirtualClock();
  const random = createSeededRandom(options.seed ?? 1);
  const network = createMemoryNetwork(
    { clock, random },
    options.faults === undefined ? {} : { faults: options.faults },
  );
  const language = createSyntheticLanguage({
    seed: options.seed ?? 1,
    answerTokens: options.answerTokens ?? 40,
    agreement: { 1: 0.85, 3: 0.95 },
  });
  const textModel = { ...toyText, ...options.textModel };
  const engines = new Map<string, SyntheticEngine>();
  const systems = new Map<string, ActorSystem>();
  const entries = options.nodes.flatMap(described => entriesOf(described));

  const start = async (name: string): Promise<void> => {
    const described = options.nodes.find(({ node }) => node === name);
    if (described === undefined) throw new Error(`no node ${name}`);
    const engine = createSyntheticEngine({ clock, language }, described);
    const system = createActorSystem({ transport: network.transport(name), clock, random: random.fork(name) });
    const advertise = options.advertise ?? ((entry: DirectoryEntry) => entry);
    const statedBy = (of: string): PlacementNode | undefined => {
      const found = options.nodes.find(({ node }) => node === of);
      return found === undefined ? undefined : options.costs?.(found);
    };
    const directory = {
      costs: statedBy,
      find: (prefix: string) =>
        entries
          .map(advertise)
          .filter(({ address, capability }) => address.node !== name && capability.startsWith(prefix)),
    };
    system.spawn(createVerifierRole({ engine }));
    system.spawn(
      createAnswererRole(
        { engine, textModel, directory, ...linksOf(options), ownCosts: () => statedBy(name) },
        { tier: described.tier, familyExits: [1, 2, 3, 4], ...acceptanceOf(options), ...options.answerer },
      ),
    );
    await system.start();
    engines.set(name, engine);
    systems.set(name, system);
  };
  for (const { node } of options.nodes) await start(node);
  const client = createActorSystem({ transport: network.transport('client-1'), clock, random: random.fork('client') });
  await client.start();
  network.setFaults('client-1', 'device-1', {});
  network.setFaults('device-1', 'client-1', {});

  return {
    ...{ clock, network, language, textModel, start },
    engine: name => engines.get(name)!,
    system: name => systems.get(name)!,
    kill: async name => systems.get(name)?.[Symbol.asyncDispose](),
    alone: (question, exit, limit = 1000) => {
      const prompt = textModel.encodeQuestion(question);
      const answer: number[] = [];
      while (answer.at(-1) !== 0 && answer.length < limit) answer.push(language.next(exit, prompt, answer));
      return textModel.decode(answer, true);
    },
    readFirst: request => clock.runUntilSettled(first(client, request)),
    ask: (request, callOptions) => clock.runUntilSettled(collect(client, clock, request, callOptions)),
  };
}

/** What a node's engine costs in truth: one step for a block of up to eight tokens. */
export function honestCosts({ node, tier, exits, stepMs, format = 'fp32' }: ToyNode): PlacementNode {
  const verify = [1, 8, 16, 32].map(tokens => ({ tokens, ms: Math.ceil(tokens / 8) * stepMs }));
  return { node, tier, exits: exits.map(exit => ({ exit, format, stepMs, verify, prefillTokenMs: 0 })) };
}

function linksOf({ links }: ToyFleetOptions): { links?: LinkBook } {
  return links === undefined ? {} : { links };
}

function acceptanceOf({ acceptance }: ToyFleetOptions): { acceptance?: readonly AcceptanceFacts[] } {
  return acceptance === undefined ? {} : { acceptance };
}

function entriesOf({ node, tier, exits, format = 'fp32' }: ToyNode): readonly DirectoryEntry[] {
  return (['verify', 'answer'] as const).flatMap(duty =>
    exits.map(exit => ({
      address: { node, actor: duty === 'verify' ? 'verifier' : 'answerer' },
      tier,
      capability: formatCapability({ duty, family: 'synthetic', exit, format }),
    })),
  );
}

async function first(client: ActorSystem, request: AskRequest): Promise<AskItem | undefined> {
  for await (const item of client.stream({ node: 'device-1', actor: 'answerer' }, askAnswer, request)) return item;
  return undefined;
}

async function collect(
  client: ActorSystem,
  clock: VirtualClock,
  request: AskRequest,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Asked> {
  const revisions: Revision[] = [];
  const beganMs = clock.nowMs();
  const provisional: ProvisionalAnswer[] = [];
  let summary: AnswerSummary | undefined;
  try {
    const to = { node: 'device-1', actor: 'answerer' };
    for await (const item of client.stream(to, askAnswer, request, { timeoutMs: 60_000, ...options })) {
      const atMs = clock.nowMs() - beganMs;
      if (item.kind === 'accepted') continue;
      if (item.kind === 'revision') revisions.push(item.revision);
      else if (item.summary.provisional !== true) summary = item.summary;
      else {
        const standing = { revision: revisions.at(-1), revisionsBefore: revisions.length };
        provisional.push({ summary: item.summary, ...standing, atMs });
      }
    }
    return { revisions, provisional, summary, error: undefined, durationMs: clock.nowMs() - beganMs };
  } catch (thrown) {
    const error = AiflowError.from(thrown);
    return { revisions, provisional, summary, error, durationMs: clock.nowMs() - beganMs };
  }
}
