// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { findExit } from '../manifest/exit-choice.js';
/**
 * The policy under which each of `exits` decides only where the family states at most `risk` for its margin. The margins
 * were calibrated on greedy answers of the last rung.
 *
 * @throws AiflowError `not-found` for an exit the family lacks, `invalid-argument` for one not below `last`,
 * `failed-precondition` for an exit without such a risk, naming those that it states.
 */
export function confidencePolicy(manifest, { risk, exits, last }) {
  findExit(manifest, last);
  const depths = [...new Set(exits)].sort((left, right) => left - right);
  const above = depths.find(exit => exit >= last);
  if (above !== undefined) {
    throw new AiflowError('invalid-argument', `exit ${above} is to be tried before exit ${last}: it must lie below it`);
  }
  return { kind: 'confidence', steps: depths.map(exit => stepOf(manifest, exit, risk)), last };
}
/** The smallest margin with at most `risk`: that of the largest risk stated below it. */
function stepOf(manifest, exit, risk) {
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
//# sourceMappingURL=confidence-policy.js.map
