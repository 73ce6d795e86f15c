import type { DraftResult, ExitPolicy } from '../engine.ts';
import { type DecodeContext } from './decoder.ts';
/** What climbing needs. */
export interface ClimbContext {
  /** Exits that are loaded, ascending. */
  readonly exits: readonly number[];
  /** The same session at an exit. */
  at(exit: number): DecodeContext;
  /** Time of a token that asks each of these exits. */
  tokenMs(exits: readonly number[]): number;
  /** Time the call has taken so far. */
  elapsedMs(): number;
}
type PolicyOutcome = Omit<DraftResult, 'computeMs'> & {
  readonly exits: readonly number[];
};
/** Continues the answer by up to `count` tokens; the policy must have been checked. */
export declare function draftByPolicy(climb: ClimbContext, policy: ExitPolicy, count: number): Promise<PolicyOutcome>;
//# sourceMappingURL=policy-decoder.d.ts.map
