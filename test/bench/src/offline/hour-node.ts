// SPDX-License-Identifier: Apache-2.0
import { type ActorSystem, createActorSystem, type MemoryNetwork } from '@aiflow/actor';
import { createSyntheticEngine, type SyntheticLanguage } from '@aiflow/decode';
import type { JournalFiles } from '@aiflow/journal';
import {
  type CourierCollaborators,
  createCourier,
  createInboxActor,
  createInboxOffer,
  type Destination,
  type OutboxStore,
  openDurableStore,
} from '@aiflow/outbox';
import {
  type AskRequest,
  askAnswer,
  createAnswererRole,
  createFinisher,
  createFinisherRole,
  createRequestBook,
  createRequestsRole,
  createRevisionHandler,
  createVerifierRole,
  type DirectoryEntry,
  type Finisher,
  finishCapability,
  formatCapability,
  parseCapability,
  type RequestBook,
  readToTheEnd,
  recoverRequests,
} from '@aiflow/roles';
import type { Clock, Random } from '@aiflow/time';
import { HOUR_EXITS, HOUR_TIERS, type HourTier, hourText } from './hour-language.ts';
import type { HourLedger } from './hour-ledger.ts';
import type { HourLinks } from './hour-links.ts';

/** One process of a node. */
export interface HourLife extends AsyncDisposable {
  readonly store: OutboxStore;
  readonly book: RequestBook;
  readonly finisher: Finisher;
  /** The broker can be reached again. */
  reconnected(): void;
}

/** What is broken on purpose, to see whether it is noticed. */
export interface HourMutant {
  readonly store?: (store: OutboxStore) => OutboxStore;
  readonly book?: (book: RequestBook) => RequestBook;
  readonly offer?: (offer: CourierCollaborators['offer'], store: OutboxStore) => CourierCollaborators['offer'];
  /** What the disk calls synced is. Default true. */
  readonly syncs?: boolean;
}

/** What a process of a node is made of. */
export interface HourNodeParts {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly language: SyntheticLanguage;
  readonly files: JournalFiles;
  readonly links: HourLinks;
  readonly ledger: HourLedger;
  readonly mutant: HourMutant;
}

const FAMILY = 'synthetic';
const ANSWER_LIMIT_MS = 130_000;
const LINK = { rttMs: 30, bytesPerSecond: 125_000 };

/** Bounds of a node's store, small enough that an hour would break one that does not hold. */
export const STORE_BOUNDS = { maxBytes: 256 * 1024, maxItems: 256 };

/** Starts a process over what is on its disk. */
export async function startHourNode(parts: HourNodeParts): Promise<HourLife> {
  const { name, clock, random, links, ledger, mutant } = parts;
  const described = HOUR_TIERS[name] as HourTier;
  const { tier } = described;
  const options = { folder: '/store', ...STORE_BOUNDS };
  const opened = await openDurableStore({ files: parts.files, clock, random: random.fork('store') }, options);
  const store = ledger.watch(name, mutant.store?.(opened) ?? opened);
  const whole = createRequestBook({ store, clock });
  const read = (): void => ledger.readRequests(whole);
  if (tier === 'device') opened.onCommit(read);
  if (tier === 'device') read();
  const book = mutant.book?.(whole) ?? whole;
  const actors = createActorSystem({ transport: parts.network.transport(name), clock, random: random.fork('actors') });
  const ask = askOwn(actors, name);
  const finisher = startFinisher(parts, described, { store, ask });
  const handlers = [createRevisionHandler(book, { clock }), ...(tier === 'device' ? [] : [finisher.handler])];
  const engine = createSyntheticEngine({ clock, language: parts.language }, described);
  const directory = { costs: () => undefined, find: (prefix: string) => findOthers(links, name, prefix) };
  actors.spawn(createInboxActor({ store, handlers }));
  actors.spawn(createVerifierRole({ engine }));
  actors.spawn(
    createAnswererRole({ engine, directory, textModel: hourText, requests: book }, { tier, familyExits: HOUR_EXITS }),
  );
  actors.spawn(createRequestsRole(book));
  if (tier !== 'device') actors.spawn(createFinisherRole(finisher, { family: FAMILY }));
  await actors.start();
  const offer = createInboxOffer(actors);
  const courier = createCourier({
    ...{ store, clock, random: random.fork('courier'), offer: mutant.offer?.(offer, store) ?? offer },
    resolve: to => resolveTo(links, name, to),
    onPeers: listener => links.onPeers(name, listener),
    linkOf: () => LINK,
    onDelivered: ({ id }) => ledger.delivered(id),
  });
  const recovery = recoverRequests({ book, clock, node: name, ask });
  const all = [recovery, finisher, courier, actors, opened];
  return {
    ...{ store, book, finisher },
    reconnected: () => courier.reconnected(),
    [Symbol.asyncDispose]: async () => void (await Promise.allSettled(all.map(part => part[Symbol.asyncDispose]()))),
  };
}

type AskOwn = ReturnType<typeof askOwn>;

function askOwn(actors: ActorSystem, node: string) {
  return (request: AskRequest, limits: { readonly signal: AbortSignal; readonly timeoutMs: number }) =>
    actors.stream({ node, actor: 'answerer' }, askAnswer, request, limits);
}

function startFinisher(
  { name, clock, links }: HourNodeParts,
  { tier, exits }: HourTier,
  { store, ask }: { readonly store: OutboxStore; readonly ask: AskOwn },
): Finisher {
  const judging = (): readonly number[] =>
    findOthers(links, name, 'verify:').map(({ capability }) => parseCapability(capability)?.exit ?? 0);
  return createFinisher({
    ...{ store, clock, tier, family: FAMILY, modelHash: hourText.modelHash },
    reach: () => Math.max(...exits, ...judging()),
    answer: (request, signal) => readToTheEnd(ask(request, { signal, timeoutMs: ANSWER_LIMIT_MS })),
  });
}

function findOthers(links: HourLinks, from: string, prefix: string): readonly DirectoryEntry[] {
  return Object.entries(HOUR_TIERS)
    .filter(([node]) => node !== from && links.believes(from, node))
    .flatMap(([node, { tier, exits }]) =>
      exits.flatMap(exit =>
        (['verify', 'answer'] as const).map(duty => ({
          address: { node, actor: duty === 'verify' ? 'verifier' : 'answerer' },
          tier,
          capability: formatCapability({ duty, family: FAMILY, exit, format: 'fp32' }),
        })),
      ),
    )
    .filter(({ capability }) => capability.startsWith(prefix));
}

function resolveTo(links: HourLinks, from: string, to: Destination): string | undefined {
  if ('node' in to) return links.believes(from, to.node) ? to.node : undefined;
  if (to.capability !== finishCapability(FAMILY)) return undefined;
  return Object.keys(HOUR_TIERS).find(
    node => node !== from && HOUR_TIERS[node]?.tier !== 'device' && links.believes(from, node),
  );
}
