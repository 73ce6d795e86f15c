// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from './aiflow-error.ts';

/** The generation of the wire this build speaks. It grows only when an older peer could not understand us. */
export const WIRE_GENERATION = 1;

/** The oldest generation this build still understands. */
export const OLDEST_WIRE_GENERATION = 1;

/** Throws `failed-precondition` naming both generations and who has to upgrade, unless `generation` can be understood. */
export function checkGeneration(generation: number, sender: string): void {
  if (generation >= OLDEST_WIRE_GENERATION && generation <= WIRE_GENERATION) return;
  const older = generation < OLDEST_WIRE_GENERATION ? sender : 'this node';
  throw new AiflowError(
    'failed-precondition',
    `wire generation ${generation} from ${sender} is outside ${OLDEST_WIRE_GENERATION}..${WIRE_GENERATION}: upgrade ${older}`,
    { details: { theirs: String(generation), ours: String(WIRE_GENERATION) } },
  );
}
