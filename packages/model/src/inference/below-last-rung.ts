// SPDX-License-Identifier: Apache-2.0
//
// A smaller block is another network than the exit's own: it may propose in the exit's name, openly, but not judge.
import { AiflowError } from '@aiflow/protocol';
import { type ExitRung, findExit, lastRung } from '../manifest/exit-choice.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import type { RungsByExit } from './serving-rungs.ts';

/** Those of `exits` that serve from a smaller block than their own, each once. */
export function belowLastRung(
  manifest: FamilyManifest,
  byExit: RungsByExit,
  exits: readonly number[],
): readonly ExitRung[] {
  return [...new Set(exits)].flatMap(exit => {
    const rung = byExit.get(exit)?.rung;
    return rung === undefined || rung === lastRung(findExit(manifest, exit)) ? [] : [{ exit, rung }];
  });
}

/** @throws AiflowError `failed-precondition` where `exit` serves from a smaller block. */
export function requireLastRung(manifest: FamilyManifest, byExit: RungsByExit, exit: number): void {
  const [below] = belowLastRung(manifest, byExit, [exit]);
  if (below === undefined) return;
  const last = lastRung(findExit(manifest, exit));
  throw new AiflowError(
    'failed-precondition',
    `exit ${exit} is loaded at rung ${below.rung}, verifying needs its last rung ${last}: load that, or wait until it serves`,
    { details: { exit: String(exit), rung: String(below.rung), lastRung: String(last) } },
  );
}
