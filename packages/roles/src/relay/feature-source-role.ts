// SPDX-License-Identifier: Apache-2.0
import {
  type ActorContext,
  type ActorDefinition,
  defineActor,
  type MessageContext,
  onAsk,
  onStream,
  onTell,
} from '@aiflow/actor';
import { createRowCodec, type WireFormat } from '@aiflow/codec';
import type { RelayingEngine } from '@aiflow/model';
import {
  AiflowError,
  closeSession,
  type FeatureChunk,
  type FeaturesOpened,
  type OpenFeatures,
  openFeatures,
  type StepFeatures,
  stepFeatures,
} from '@aiflow/protocol';
import { formatCapability } from '../capability.ts';
import { chunkBytesFor } from './chunk-size.ts';
import { chunksOf, type RowTerms } from './feature-rows.ts';
import { checkTerms, type RelaySide } from './feature-terms.ts';
import { EMPTY_LINK_BOOK, type LinkBook } from './link-book.ts';
import { createSourceDesk, type SourceDesk, type SourceOpening } from './source-desk.ts';

/** What a source of features works with; all stay the caller's. */
export interface FeatureSourceCollaborators {
  readonly engine: RelayingEngine;
  /** Elements of a hidden row: the family's `hidden`. */
  readonly width: number;
  /** Positions that a session may hold: the family's `context`. */
  readonly contextTokens: number;
  /** Sizes chunks by the link to the reader. Default: nothing is known, chunks are of 64 KiB. */
  readonly links?: LinkBook;
}

/** Settings of a source. */
export interface FeatureSourceOptions {
  /** The actor's name. Default `features`. */
  readonly name?: string;
  /** Sessions held at once; the least recently used gives way, and its reader opens it again. Default 64. */
  readonly maxSessions?: number;
  /** Streams and steps under way at once. Default 64. */
  readonly concurrency?: number;
}

/**
 * An actor that stops at an exit and hands its hidden states to nodes that hold deeper layers: first all that the reader
 * lacks, as a stream, then those of each token it chose. A relay that can't work is refused before anything is computed.
 */
export function createFeatureSourceRole(
  collaborators: FeatureSourceCollaborators,
  options: FeatureSourceOptions = {},
): ActorDefinition<SourceDesk> {
  const { engine, contextTokens } = collaborators;
  const { family, format, exits } = engine;
  return defineActor<SourceDesk>({
    name: options.name ?? 'features',
    capabilities: exits.map(exit => formatCapability({ duty: 'features', family, exit, format })),
    concurrency: options.concurrency ?? 64,
    create: (_context: ActorContext) => createSourceDesk(engine, { ...options, contextTokens }),
    dispose: desk => desk.closeAll(),
    handlers: [
      onStream(openFeatures, (desk, request, context) => serve({ desk, ...collaborators }, request, context)),
      onAsk(stepFeatures, (desk, request, context) => step(desk, request, context)),
      onTell(closeSession, (desk, { session }, context) => desk.close(context.from.node, session)),
    ],
  });
}

type Place = FeatureSourceCollaborators & { readonly desk: SourceDesk };

async function* serve(
  place: Place,
  request: OpenFeatures,
  context: MessageContext,
): AsyncGenerator<FeatureChunk, void> {
  const { desk, engine, width, links = EMPTY_LINK_BOOK } = place;
  const beganMs = context.clock.nowMs();
  checkRequest(request, { engine, width });
  const owner = context.from.node;
  const opening = await known(context, () => desk.open(owner, request, context.signal));
  yield announce(request, opening, { place, computeMs: context.clock.nowMs() - beganMs });
  if (opening.state === undefined) return;
  yield* chunksOf(opening.state, rowTermsOf(request), chunkBytesFor(links.to(owner).bytesPerSecond));
}

async function step(desk: SourceDesk, request: StepFeatures, context: MessageContext): Promise<FeatureChunk> {
  const { opening, state } = await known(context, () => desk.step(context.from.node, request, context.signal));
  const [chunk] = chunksOf(state, rowTermsOf({ ...opening, includesCache: false }), Infinity);
  if (chunk === undefined) throw new AiflowError('internal', 'a step computed no rows');
  return chunk;
}

function checkRequest(request: OpenFeatures, side: RelaySide): void {
  checkTerms(request, side);
  const { ownTokens, ownExit, prompt } = request;
  if (prompt.length === 0) throw new AiflowError('invalid-argument', 'a relay needs a prompt of at least one token');
  if (ownTokens > 0 && ownExit !== 0 && !side.engine.exits.includes(ownExit)) {
    const held = side.engine.exits.join(', ');
    throw new AiflowError('not-found', `exit ${ownExit} was asked to answer first: this node holds ${held}`, {
      details: { field: 'exit', asked: String(ownExit), held },
    });
  }
}

function announce(
  request: OpenFeatures,
  { ownTokens, finished, positions, reused }: SourceOpening,
  { place, computeMs }: { readonly place: Place; readonly computeMs: number },
): FeatureChunk {
  const { session, epoch, family, featureSpace, computeFormat, wireFormat, layer, width, includesCache, from } =
    request;
  const opened: FeaturesOpened = {
    ...{ session, epoch, family, featureSpace, computeFormat, wireFormat, layer, width, includesCache, from },
    tensorContract: place.engine.tensorContract,
    ...{ ownTokens, finished, positions, reused, computeMs },
  };
  return { position: from, epoch, checksum: 0, scales: [], payload: new Uint8Array(0), canonical: 0, opened };
}

/** `wireFormat` was checked when the session was opened. */
function rowTermsOf({ wireFormat, layer, width, includesCache, epoch }: OpenFeatures): RowTerms {
  return { codec: createRowCodec(wireFormat as WireFormat), layer, width, includesCache, epoch };
}

/** Nothing a reader or the engine can cause is a fault of this actor. */
async function known<T>({ self }: MessageContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw AiflowError.from(error).at({ node: self.node });
  }
}
