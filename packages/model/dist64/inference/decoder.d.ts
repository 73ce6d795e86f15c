import type { DraftResult, VerifyResult } from '../engine.ts';
import { type LadderContext } from './ladder.ts';
import type { Choice } from './sampling.ts';
/** Logits: ten times above the most that a block and a lone run differed by in 3,000 tokens of the shipped family. */
export declare const NEAR_TIE = 0.001;
/** Logits: five times above it. */
export declare const UNSAFE_TIE = 0.0005;
/** What decoding needs beside a session. */
export interface DecodeContext extends LadderContext {
  readonly endToken: number;
  /** Positions the family's context holds. */
  readonly maxRows: number;
}
type DraftOutcome = Omit<DraftResult, 'computeMs'>;
type VerifyOutcome = Omit<VerifyResult, 'computeMs'>;
/** Continues the answer by up to `count` tokens; stops after the end token and where the context is full. */
export declare function draftTokens(context: DecodeContext, count: number): Promise<DraftOutcome>;
/** As {@link draftTokens}, each token by what `choose` says of its position. */
export declare function draftWith<Made extends Choice>(
  { session, endToken, maxRows }: DecodeContext,
  count: number,
  choose: (position: number, made: number) => Promise<Made>,
): Promise<
  DraftOutcome & {
    readonly choices: readonly Made[];
  }
>;
/**
 * The exit's choice for `position` where it wins by `minMargin`, else undefined. A margin that falls short by more than
 * what blocks and history may do to it is not settled first.
 */
export declare function chooseIfSure(
  context: DecodeContext,
  position: number,
  minMargin: number,
): Promise<Choice | undefined>;
/** Judges the answer's tokens from `base` on; leaves the accepted ones and the exit's next. */
export declare function verifyTokens(context: DecodeContext, base: number): Promise<VerifyOutcome>;
//# sourceMappingURL=decoder.d.ts.map
