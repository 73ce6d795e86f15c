// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { ConfidenceStep, ExitPolicy } from '../engine.ts';
import { findExit } from '../manifest/exit-choice.ts';
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
export function confidencePolicy(
  manifest: FamilyManifest,
  { risk, exits, last }: ConfidenceWish,
): ExitPolicy & { readonly kind: 'confidence' } {
  findExit(manifest, last);
  const depths = [...new Set(exits)].sort((left, right) => left - right);
  const above = depths.find(exit => exit >= last);
  if (above !== undefined) {
    throw new AiflowError('invalid-argument', `exit ${above} is to be tried before exit ${last}: it must lie below it`);
  }
  return { kind: 'confidence', steps: depths.map(exit => stepOf(manifest, exit, risk)), last };
}

/** The smallest margin with at most `risk`: that of the largest risk stated below it. */
function stepOf(manifest: FamilyManifest, exit: number, risk: number): ConfidenceStep {
  const { confidence } = findExit(manifest, exit);
  const promised = confidence.findLast(entry => entry.risk <= risk);
  if (promised !== undefined) return { exit, minMargin: promised.margin };
  const known = confidence.map(entry => entry.risk).join(', ');
  throw new AiflowError(
    'failed-precondition',
    `family ${manifest.family} states no risk of ${risk} or less for exit ${exit}: ` +
      (known === '' ? 'it was not calibrated there' : `it states ${known}`),
    { details: { family: manifest.family, exit: String(exit), risk: String(risk) } },
  );
}
