import type { ConfidenceStep, ExitPolicy } from '../engine.ts';
/** What a budget is counted with. */
export interface ClimbFacts {
  /** Exits that can be run, ascending. */
  readonly exits: readonly number[];
  /** Tokens still to be made, the present one too. */
  readonly tokensLeft: number;
  /** Time the call has taken so far. */
  readonly spentMs: number;
  /** Time of a token that asks each of these exits. */
  tokenMs(exits: readonly number[]): number;
}
/** The way of one token through exits (Y1). The policy must have been checked against the same exits. */
export declare function planClimb(policy: ExitPolicy, facts: ClimbFacts): readonly ConfidenceStep[];
//# sourceMappingURL=plan-climb.d.ts.map
