// SPDX-License-Identifier: Apache-2.0
import type { WireFormat } from '@aiflow/codec';
import type { SamplingOptions } from '@aiflow/model';
import type { FeatureTerms, OpenFeatures } from '@aiflow/protocol';
import type { ChosenSource } from './choose-source.ts';
import { describeTerms, type RelaySide } from './feature-terms.ts';

/** The session as the source shall know it. */
export interface FeedSession {
  readonly session: string;
  readonly epoch: number;
  readonly wireFormat: WireFormat;
  readonly prompt: readonly number[];
  readonly sampling?: SamplingOptions;
}

/** What the reader lacks. */
export interface FeedOpening {
  readonly answer: readonly number[];
  readonly ownTokens: number;
  /** What the source said so far stands. Default false. */
  readonly keepsOwn?: boolean;
  readonly includesCache: boolean;
  readonly from: number;
}

/** What a session's opening is asked for with: everything both ends must agree on. */
export function termsOf(
  { side, source }: { readonly side: RelaySide; readonly source: ChosenSource },
  { session, epoch, wireFormat }: FeedSession,
  { includesCache, from }: FeedOpening,
): FeatureTerms {
  const { layer, format } = source;
  return describeTerms(side, { session, epoch, layer, wireFormat, includesCache, from, format });
}

/** The opening as it is sent. The source says own tokens with the exit at the layer it hands over at. */
export function requestOf(
  { prompt, sampling }: FeedSession,
  terms: FeatureTerms,
  { answer, ownTokens, keepsOwn = false }: FeedOpening,
): OpenFeatures {
  const plain = { ...terms, prompt, answer, ownTokens, keepsOwn, ownExit: terms.layer };
  return sampling === undefined ? plain : { ...plain, sampling };
}
