// SPDX-License-Identifier: Apache-2.0
import type { RelayingEngine } from '@aiflow/model';
import type { Clock } from '@aiflow/time';
import type { TextModel } from '../text-model.ts';
import type { ContinueRequest } from './continue-request.ts';
import type { FeatureFeed } from './feature-feed.ts';
import type { LinkFigures } from './link-book.ts';

/** What a run works with. */
export interface ContinueParts {
  readonly engine: RelayingEngine;
  readonly textModel: Pick<TextModel, 'decode'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly node: string;
  /** Undefined where nothing is needed of a source. */
  readonly feed: FeatureFeed | undefined;
  /** Time that the whole answer has. */
  readonly allowedMs: number;
  readonly remainingMs: () => number;
  readonly link: LinkFigures;
}

/** The answer as it is wanted, with every default filled in. */
export interface ContinuePlan
  extends Required<Pick<ContinueRequest, 'answer' | 'way' | 'wireFormat' | 'ownTokens' | 'keepsOwn' | 'session'>>,
    Pick<ContinueRequest, 'sampling'> {
  readonly engineSession: string;
  readonly prompt: readonly number[];
  readonly exit: number;
  readonly maxTokens: number;
}
