import type { Clock } from '@aiflow/time';
import type { VerifyPoint } from '../engine.ts';
import { type DecodeContext } from './decoder.ts';
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
export declare function measureCurve(
  context: DecodeContext,
  {
    clock,
  }: {
    readonly clock: Clock;
  },
  { tokens, repeats }: CurvePlan,
): Promise<readonly VerifyPoint[]>;
/** Token ids that differ from each other; what they mean does not matter to time. */
export declare function spreadTokens(count: number, vocabulary: number): readonly number[];
//# sourceMappingURL=verify-curve.d.ts.map
