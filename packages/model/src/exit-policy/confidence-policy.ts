// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { findExit } from '../manifest/exit-choice.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import type { ExitPolicy } from './exit-policy.ts';
import { type CalibratedExit, shareRisk } from './share-risk.ts';

/** Which exits may decide a token, and how often such a token may differ from the deepest exit's. */
export interface ConfidenceWish {
  /** Share of all tokens, 0 to 1, for all of `exits` together; the family states 95 % upper bounds. */
  readonly risk: number;
  /** Exits to try before `last`, in any order. */
  readonly exits: readonly number[];
  /** Decides where no other is sure enough. */
  readonly last: number;
}

/**
 * The policy under which those of `exits` decide whose stated risks sum up to at most `risk`, shared as {@link shareRisk}
 * says. The margins were calibrated on greedy answers of the last rung.
 *
 * @throws AiflowError `not-found` for an exit the family lacks, `invalid-argument` for one not below `last`,
 * `failed-precondition` where none of `exits` has such a risk, naming those that they state.
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
  const calibrated = depths.map(exit => ({ exit, confidence: findExit(manifest, exit).confidence }));
  const { steps } = shareRisk(calibrated, risk);
  if (steps.length === 0 && depths.length > 0) throw statesNothing(manifest, calibrated, risk);
  return { kind: 'confidence', steps, last };
}

function statesNothing({ family }: FamilyManifest, exits: readonly CalibratedExit[], risk: number): AiflowError {
  const known = exits.map(({ exit, confidence }) =>
    confidence.length === 0
      ? `exit ${exit} was not calibrated`
      : `exit ${exit} states ${confidence.map(entry => entry.risk).join(', ')}`,
  );
  const depths = exits.map(({ exit }) => exit).join(', ');
  return new AiflowError(
    'failed-precondition',
    `family ${family} states no risk of ${risk} or less for exit ${depths}: ${known.join('; ')}`,
    { details: { family, exits: depths, risk: String(risk) } },
  );
}
