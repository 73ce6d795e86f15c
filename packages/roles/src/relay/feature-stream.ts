// SPDX-License-Identifier: Apache-2.0
import type { ActorCaller } from '@aiflow/actor';
import { withTimeLimit } from '@aiflow/decode';
import { AiflowError, type FeatureChunk, type OpenFeatures, openFeatures } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { ChosenSource } from './choose-source.ts';

/** What a stream works with. */
export interface FeatureStreamParts {
  readonly caller: ActorCaller;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly source: ChosenSource;
  readonly remainingMs: () => number;
}

/** What a source streams after it was asked to open a session. */
export interface FeatureStream {
  /** The next chunk, undefined at the end. The stream is left where this fails, `deadline-exceeded` after `timeoutMs`. */
  next(timeoutMs: number, what: string): Promise<FeatureChunk | undefined>;
  /** Tells the source to stop, also while a chunk is awaited, so that it keeps no place. Never throws; may be repeated. */
  leave(): void;
}

/** Chunks held that were not read; beyond them the source waits. */
const CREDIT = 4;

/** Asks `parts.source` for features. Whoever opens a stream leaves it. */
export function openFeatureStream(parts: FeatureStreamParts, request: OpenFeatures): FeatureStream {
  const { caller, clock, signal, source, remainingMs } = parts;
  const left = new AbortController();
  const either = AbortSignal.any([signal, left.signal]);
  const options = { signal: either, timeoutMs: remainingMs(), deliveryClass: 'bulk', credit: CREDIT } as const;
  const chunks = caller.stream(source.address, openFeatures, request, options)[Symbol.asyncIterator]();
  const leave = (): void => {
    left.abort(new AiflowError('cancelled', `the features of ${source.address.node} are wanted no more`));
    chunks.return?.().catch(() => undefined); // whatever it still had to say is of no use
  };
  return {
    leave,
    next: async (timeoutMs, what) => {
      const limitMs = Math.min(timeoutMs, remainingMs());
      try {
        const limit = { clock, limitMs, what: `${what} of ${source.address.node}`, signal };
        const next = await withTimeLimit(limit, () => chunks.next());
        return next.done === true ? undefined : next.value;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}
