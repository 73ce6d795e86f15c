// SPDX-License-Identifier: Apache-2.0
//
// How one node continues where another stopped. The reader opens a stream: its first chunk says what holds for all of
// it, the others carry rows of adjoining positions. Afterwards the reader may ask for the rows of each token it chose.
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { readFields } from './fields.ts';
import { base64, messagePayload } from './message-payload.ts';
import type { AskContract, PayloadType, StreamContract } from './payload-type.ts';
import { type FeaturesOpened, type OpenFeatures, openFeaturesPayload, parseFeaturesOpened } from './relay-open.ts';

/** Rows of adjoining positions: their hidden states, then, with the cache, keys and values of each layer below. */
export interface FeatureChunk {
  /** Of the first row, counted over prompt and answer. */
  readonly position: number;
  readonly epoch: number;
  /** CRC-32 over scales and payload. */
  readonly checksum: number;
  /** Of int8 rows, one each; 32-bit precision. */
  readonly scales: readonly number[] | Float32Array;
  /** None in the first chunk of a stream. The decoded one is a view of the bytes that came. */
  readonly payload: Uint8Array;
  /** Positions from the first on that a run by itself would have had bit for bit. */
  readonly canonical: number;
  /** In the first chunk of a stream only. */
  readonly opened?: FeaturesOpened;
}

/** Tells the source the tokens that the reader chose from answer position `base` on, and asks for their rows. */
export interface StepFeatures {
  readonly session: string;
  readonly epoch: number;
  readonly base: number;
  readonly tokens: readonly number[];
}

/** The largest payload of one chunk, in bytes. */
export const MAX_FEATURE_CHUNK_BYTES = 4_194_304;

const MAX_SCALES = 65_536;
const MAX_STEP_TOKENS = 4096;
const LARGEST_SINGLE = 3.4028234663852886e38;

/** {@link FeatureChunk} on the wire. */
export const featureChunkPayload: PayloadType<FeatureChunk> = messagePayload({
  name: 'aiflow.relay.chunk',
  wire: aiflow.v1.FeatureChunk,
  parse: parseFeatureChunk,
  toWire: value => ({ ...value, scales: [...value.scales], opened: openedToWire(value.opened) }),
  toJson: value => ({ ...value, scales: [...value.scales], payload: base64(value.payload) }),
});

/** {@link StepFeatures} on the wire. */
export const stepFeaturesPayload: PayloadType<StepFeatures> = messagePayload({
  name: 'aiflow.relay.step',
  wire: aiflow.v1.StepFeatures,
  parse: parseStepFeatures,
  toWire: value => ({ ...value, tokens: [...value.tokens] }),
});

/**
 * Opens a session upstream and streams its hidden states. `failed-precondition` naming the two values that differ when
 * they would mean nothing to the reader.
 */
export const openFeatures: StreamContract<OpenFeatures, FeatureChunk> = {
  kind: 'stream',
  request: openFeaturesPayload,
  item: featureChunkPayload,
};

/** The rows of tokens chosen downstream. `not-found` when the source no longer holds the session: open it again. */
export const stepFeatures: AskContract<StepFeatures, FeatureChunk> = {
  kind: 'ask',
  request: stepFeaturesPayload,
  reply: featureChunkPayload,
};

function parseFeatureChunk(raw: unknown): FeatureChunk {
  const fields = readFields('feature chunk', raw);
  return {
    position: fields.uint('position'),
    epoch: fields.uint('epoch'),
    checksum: fields.uint('checksum'),
    scales: parseScales((raw as { readonly scales?: unknown }).scales),
    payload: fields.bytes('payload', MAX_FEATURE_CHUNK_BYTES),
    canonical: fields.uint('canonical'),
    ...(fields.has('opened') ? { opened: fields.nested('opened', parseFeaturesOpened) } : {}),
  };
}

/** Not by way of `Fields`: there is one for each row, and they are checked where they are used. */
function parseScales(raw: unknown): Float32Array {
  if (!Array.isArray(raw) && !(raw instanceof Float32Array)) {
    throw new AiflowError('invalid-argument', `feature chunk.scales must be a list, got ${typeof raw}`);
  }
  if (raw.length > MAX_SCALES) {
    throw new AiflowError('invalid-argument', `feature chunk.scales has ${raw.length} entries, at most ${MAX_SCALES}`);
  }
  const scales = Float32Array.from(raw as ArrayLike<number>);
  const index = scales.findIndex(scale => !(scale >= 0 && scale <= LARGEST_SINGLE));
  if (index < 0) return scales;
  throw new AiflowError(
    'invalid-argument',
    `feature chunk.scales[${index}] must be a finite number of at least 0, got ${scales[index]}`,
  );
}

function openedToWire(opened: FeaturesOpened | undefined): aiflow.v1.IFeaturesOpened | null {
  return opened === undefined ? null : { ...opened, ownTokens: [...opened.ownTokens] };
}

function parseStepFeatures(raw: unknown): StepFeatures {
  const fields = readFields('step features', raw);
  return {
    session: fields.label('session'),
    epoch: fields.uint('epoch'),
    base: fields.uint('base'),
    tokens: fields.uints('tokens', MAX_STEP_TOKENS),
  };
}
