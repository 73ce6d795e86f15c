// SPDX-License-Identifier: Apache-2.0
import { aiflow } from '#gen';
import { parseSampling, type Sampling } from './decode-session.ts';
import { type Fields, readFields } from './fields.ts';
import { messagePayload } from './message-payload.ts';
import type { PayloadType } from './payload-type.ts';

/** What two ends of a relay must agree on; the reader states it, the source refuses or repeats it. */
export interface FeatureTerms {
  readonly session: string;
  readonly epoch: number;
  readonly family: string;
  /** Feature-space id of `layer`. */
  readonly featureSpace: string;
  /** The reader's; `*` where the two compute in different formats. */
  readonly tensorContract: string;
  /** The arithmetic the features come from. */
  readonly computeFormat: string;
  /** The numbers they travel in. */
  readonly wireFormat: string;
  /** The hidden state *before* this layer. */
  readonly layer: number;
  /** Elements of a row. */
  readonly width: number;
  /** Keys and values of the layers below come as well. */
  readonly includesCache: boolean;
  /** First position sent, counted over prompt and answer. */
  readonly from: number;
}

/** Asks the node upstream for the hidden states of a session, and for all from position `from` on. */
export interface OpenFeatures extends FeatureTerms {
  readonly prompt: readonly number[];
  /** Answer tokens that stand. */
  readonly answer: readonly number[];
  /** How many tokens the source still says itself before it hands over. */
  readonly ownTokens: number;
  /** The exit it says them with; 0 is its deepest. */
  readonly ownExit: number;
  /** What the source has said after `answer` so far stands; a source that still speaks stops. */
  readonly keepsOwn: boolean;
  /** Greedy when absent. */
  readonly sampling?: Sampling;
}

/** What holds for all chunks of a stream. */
export interface FeaturesOpened extends FeatureTerms {
  /** What the source said after the answer it was given. */
  readonly ownTokens: readonly number[];
  /** The last of them ends the answer. */
  readonly finished: boolean;
  /** Prompt and answer: positions `from` to `positions - 1` follow. */
  readonly positions: number;
  /** Positions whose features the source had already. */
  readonly reused: number;
  readonly computeMs: number;
}

const MAX_TOKENS = 65_536;
const MAX_WIDTH = 65_536;

/** {@link OpenFeatures} on the wire. Prompt and answer hold at most 65 536 tokens each. */
export const openFeaturesPayload: PayloadType<OpenFeatures> = messagePayload({
  name: 'aiflow.relay.open',
  wire: aiflow.v1.OpenFeatures,
  parse: parseOpenFeatures,
  toWire: value => ({
    ...value,
    prompt: [...value.prompt],
    answer: [...value.answer],
    sampling: value.sampling ?? null,
  }),
});

function parseOpenFeatures(raw: unknown): OpenFeatures {
  const fields = readFields('open features', raw);
  return {
    ...parseTerms(fields),
    prompt: fields.uints('prompt', MAX_TOKENS),
    answer: fields.uints('answer', MAX_TOKENS),
    ownTokens: fields.uint('ownTokens', MAX_TOKENS),
    ownExit: fields.uint('ownExit'),
    keepsOwn: fields.flag('keepsOwn'),
    ...(fields.has('sampling') ? { sampling: fields.nested('sampling', parseSampling) } : {}),
  };
}

/** Reads {@link FeaturesOpened} from outside. */
export function parseFeaturesOpened(raw: unknown): FeaturesOpened {
  const fields = readFields('features opened', raw);
  return {
    ...parseTerms(fields),
    ownTokens: fields.uints('ownTokens', MAX_TOKENS),
    finished: fields.flag('finished'),
    positions: fields.uint('positions'),
    reused: fields.uint('reused'),
    computeMs: fields.real('computeMs', 0),
  };
}

function parseTerms(fields: Fields): FeatureTerms {
  return {
    session: fields.label('session'),
    epoch: fields.uint('epoch'),
    family: fields.label('family'),
    featureSpace: fields.label('featureSpace'),
    tensorContract: fields.label('tensorContract'),
    computeFormat: fields.label('computeFormat', 32),
    wireFormat: fields.label('wireFormat', 32),
    layer: fields.uint('layer'),
    width: fields.uint('width', MAX_WIDTH),
    includesCache: fields.flag('includesCache'),
    from: fields.uint('from'),
  };
}
