import { type ExitRung } from './exit-choice.ts';
import type { FamilyFolder } from './family-folder.ts';
/** Refuses a rung whose files are not what the manifest says. */
export type RungCheck = (choice: ExitRung) => Promise<void>;
/**
 * Reads every segment that a rung needs, whether or not graphs built from it are cached: a damaged folder must not go
 * unnoticed until the cache is gone. Trunk segments below `fromLayer` are not needed; each of the others is read once.
 *
 * The check throws an AiflowError: `not-found` or `data-loss` for a missing or damaged file; `data-loss` naming both
 * counts where the tensors are not as many parameters as the manifest states.
 */
export declare function createRungCheck(
  family: FamilyFolder,
  {
    fromLayer,
  }: {
    readonly fromLayer: number;
  },
): RungCheck;
//# sourceMappingURL=check-rung-tensors.d.ts.map
