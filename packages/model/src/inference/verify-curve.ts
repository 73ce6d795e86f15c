// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { VerifyPoint } from '../requests/measure-request.ts';
import { type DecodeContext, draftTokens, verifyTokens } from './decoder.ts';

/** Where on a session a curve is measured and how often. */
export interface CurvePlan {
  readonly tokens: readonly number[];
  /** Each point is the median of so many runs. */
  readonly repeats: number;
}

/**
 * Times the verification of blocks on the context's session, which must be new. A block of n tokens computes n + 1
 * rows: the last committed token's too, as in a running session.
 */
export async function measureCurve(
  context: DecodeContext,
  { clock }: { readonly clock: Clock },
  { tokens, repeats }: CurvePlan,
): Promise<readonly VerifyPoint[]> {
  const { session, embedding } = context;
  await draftTokens(context, 1);
  const held = session.tokens(session.promptLength, session.promptLength + 1);
  const once = async (count: number): Promise<number> => {
    session.replaceFrom(0, []);
    session.replaceFrom(0, [...held, ...spreadTokens(count, embedding.vocabulary)]);
    const beganMs = clock.nowMs();
    await verifyTokens(context, 1);
    return clock.nowMs() - beganMs;
  };
  const points: VerifyPoint[] = [];
  for (const count of tokens) {
    const times: number[] = [];
    for (let run = 0; run <= repeats; run++) times.push(await once(count));
    points.push({ tokens: count, ms: median(times.slice(1)) });
  }
  return points;
}

/** Token ids that differ from each other; what they mean does not matter to time. */
export function spreadTokens(count: number, vocabulary: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => (index * 7919 + 13) % vocabulary);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
