// SPDX-License-Identifier: Apache-2.0
//
// What lets a node answer in a tunnel and catch up after: its requests on the disk, the courier that sends what others
// are owed, the inbox that takes what they send, and the finisher of answers that others gave alone.
//
// P1  The inbox is there before the node is announced, so nothing is offered to a node that would refuse it.
// P2  What was accepted before a restart is answered once the actors run (`begin`).
// P3  Everything stops before the store is closed.
import type { ActorDefinition, ActorSystem, CallOptions, Logger } from '@aiflow/actor';
import {
  createCourier,
  createInboxActor,
  createInboxOffer,
  createOutboxActor,
  type DeliveredItem,
  type OutboxStore,
} from '@aiflow/outbox';
import type { Tier } from '@aiflow/protocol';
import {
  type AskItem,
  type AskRequest,
  askAnswer,
  createFinisher,
  createFinisherRole,
  createRequestsRole,
  createRevisionHandler,
  type Directory,
  type Finisher,
  parseCapability,
  type RequestBook,
  readToTheEnd,
  recoverRequests,
} from '@aiflow/roles';
import { recordOutboxWait, type Telemetry } from '@aiflow/telemetry';
import type { Clock, Random } from '@aiflow/time';
import { createTeardown } from '../daemon/teardown.ts';
import type { Peers } from './mesh-peers.ts';

/** What it works with. The store stays the caller's. */
export interface StoreAndForwardCollaborators {
  readonly store: OutboxStore;
  readonly actors: ActorSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly directory: Directory;
  readonly peers: Peers;
  readonly requests: RequestBook;
  readonly telemetry: Pick<Telemetry, 'recordSpan'>;
}

/** Who this node is, and which model it answers with. */
export interface StoreAndForwardOptions {
  readonly node: string;
  readonly tier: Tier;
  /** Answers that others gave alone are finished here. */
  readonly finishes: boolean;
  readonly family: string;
  readonly modelHash: string;
  /** The exits that are loaded here. */
  readonly exits: readonly number[];
}

/** A node's ability to store and forward; disposing it stops the work and keeps what is owed. */
export interface StoreAndForward extends AsyncDisposable {
  readonly actors: readonly ActorDefinition[];
  /** P2. */
  begin(): void;
  /** The broker can be reached again. */
  reconnected(): void;
}

const WAY_BACK_MS = 2000;

/** Makes the parts and wires them; nothing is sent before the node knows a peer. */
export function createStoreAndForward(
  collaborators: StoreAndForwardCollaborators,
  options: StoreAndForwardOptions,
): StoreAndForward {
  const { store, actors, clock, random, logger, peers, telemetry, requests: book } = collaborators;
  const stop = createTeardown();
  const courier = stop.use(
    createCourier({
      ...{ store, clock, random: random.fork('courier'), logger, offer: createInboxOffer(actors), ...peers },
      onDelivered: item => drawWait(telemetry, item),
    }),
  );
  const finisher = options.finishes ? stop.use(startFinisher(collaborators, options)) : undefined;
  const handlers = [createRevisionHandler(book, { clock }), ...(finisher === undefined ? [] : [finisher.handler])];
  return {
    actors: [
      createInboxActor({ store, handlers, logger }) as ActorDefinition,
      createOutboxActor({ store, courier }) as ActorDefinition,
      createRequestsRole(book),
      ...(finisher === undefined ? [] : [createFinisherRole(finisher, options)]),
    ],
    begin: () => {
      const ask = askOwn(actors, options.node);
      stop.use(recoverRequests({ book, clock, logger, node: options.node, ask }));
    },
    reconnected: () => courier.reconnected(),
    [Symbol.asyncDispose]: () => stop[Symbol.asyncDispose](), // P3
  };
}

function drawWait(telemetry: StoreAndForwardCollaborators['telemetry'], item: DeliveredItem): void {
  const { id: itemId, kind, node: peer, traceParent, waitedMs, lastError: cause = '' } = item;
  recordOutboxWait(telemetry, { itemId, kind, peer, traceParent, waitedMs, cause });
}

function startFinisher(
  { store, actors, clock, logger, directory }: StoreAndForwardCollaborators,
  { node, tier, family, modelHash, exits }: StoreAndForwardOptions,
): Finisher {
  const ask = askOwn(actors, node);
  return createFinisher({
    ...{ store, clock, logger, tier, family, modelHash },
    answer: (request, signal, trace) => {
      const limits = { signal, timeoutMs: (request.deadlineMs ?? 0) + WAY_BACK_MS };
      return readToTheEnd(ask(request, trace === undefined ? limits : { ...limits, trace }));
    },
    reach: () => Math.max(...exits, ...exitsWithin(directory, family)),
  });
}

/** Exits that others judge with or answer by. */
function exitsWithin(directory: Directory, family: string): readonly number[] {
  const entries = [...directory.find(`verify:${family}:`), ...directory.find(`answer:${family}:`)];
  return entries.flatMap(({ capability }) => parseCapability(capability)?.exit ?? []);
}

type AskOwn = (
  request: AskRequest,
  limits: Required<Pick<CallOptions, 'signal' | 'timeoutMs'>> & Pick<CallOptions, 'trace'>,
) => AsyncIterable<AskItem>;

function askOwn(actors: ActorSystem, node: string): AskOwn {
  return (request, limits) => actors.stream({ node, actor: 'answerer' }, askAnswer, request, limits);
}
