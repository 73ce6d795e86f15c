import type { ExitPolicy } from '../engine.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
/** Which exits may decide a token, and how often such a token may differ from the deepest exit's. */
export interface ConfidenceWish {
  /** Share of tokens, 0 to 1; the family states a 95 % upper bound. */
  readonly risk: number;
  /** Exits to try before `last`, in any order. */
  readonly exits: readonly number[];
  /** Decides where no other is sure enough. */
  readonly last: number;
}
/**
 * The policy under which each of `exits` decides only where the family states at most `risk` for its margin. The margins
 * were calibrated on greedy answers of the last rung.
 *
 * @throws AiflowError `not-found` for an exit the family lacks, `invalid-argument` for one not below `last`,
 * `failed-precondition` for an exit without such a risk, naming those that it states.
 */
export declare function confidencePolicy(
  manifest: FamilyManifest,
  { risk, exits, last }: ConfidenceWish,
): ExitPolicy & {
  readonly kind: 'confidence';
};
//# sourceMappingURL=confidence-policy.d.ts.map
