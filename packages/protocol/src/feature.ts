// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { readFields } from './fields.ts';
import { base64, messagePayload } from './message-payload.ts';
import type { PayloadType } from './payload-type.ts';

/** Hidden states or visual tokens, with enough description to be used elsewhere. */
export interface Feature {
  readonly family: string;
  /** Hash of the canonical weights of the layers below `layer`. */
  readonly featureSpace: string;
  /** The hidden state *before* this layer. */
  readonly layer: number;
  /** The arithmetic that made it, such as `fp32`. */
  readonly computeFormat: string;
  /** The numbers in `payload`, such as `int8`. */
  readonly wireFormat: string;
  /** Such as `text` or `vision`. */
  readonly modality: string;
  /** Sequence position of the first token. */
  readonly position: number;
  /** 1 to 8 dimensions, outermost first. */
  readonly shape: readonly number[];
  readonly codec: string;
  readonly codecParameters: Readonly<Record<string, string>>;
  readonly contentHash: string;
  readonly session: string;
  readonly epoch: number;
  readonly payload: Uint8Array;
}

/** The largest payload of one feature, in bytes; larger ones are streamed. */
export const MAX_FEATURE_BYTES = 67_108_864;

const MAX_DIMENSIONS = 8;
const MAX_CODEC_PARAMETERS = 32;

/** {@link Feature} on the wire. The decoded `payload` is a view of the bytes that came. */
export const featurePayload: PayloadType<Feature> = messagePayload({
  name: 'aiflow.feature',
  wire: aiflow.v1.Feature,
  parse: parseFeature,
  toWire: value => ({ ...value, shape: [...value.shape] }),
  toJson: value => ({ ...value, payload: base64(value.payload) }),
});

function parseFeature(raw: unknown): Feature {
  const fields = readFields('feature', raw);
  return {
    family: fields.label('family'),
    featureSpace: fields.label('featureSpace'),
    layer: fields.uint('layer'),
    computeFormat: fields.label('computeFormat', 32),
    wireFormat: fields.label('wireFormat', 32),
    modality: fields.label('modality', 32),
    position: fields.uint('position'),
    shape: checkShape(fields.uints('shape', MAX_DIMENSIONS)),
    codec: fields.label('codec', 64),
    codecParameters: fields.record('codecParameters', MAX_CODEC_PARAMETERS, 256),
    contentHash: fields.text('contentHash', 128),
    session: fields.text('session', 128),
    epoch: fields.uint('epoch'),
    payload: fields.bytes('payload', MAX_FEATURE_BYTES),
  };
}

/** A receiver allocates by the shape, so its product is bounded too. */
function checkShape(shape: readonly number[]): readonly number[] {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.length > 0 && elements > 0 && elements <= MAX_FEATURE_BYTES) return shape;
  throw new AiflowError(
    'invalid-argument',
    `feature.shape [${shape.join(', ')}] has ${elements} elements: give 1 to 8 dimensions and 1 to ${MAX_FEATURE_BYTES} elements`,
  );
}
