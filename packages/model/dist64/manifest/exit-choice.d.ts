import type { ExitEntry, FamilyManifest, RungEntry } from './manifest.ts';
/** One size of one exit. */
export interface ExitRung {
  readonly exit: number;
  readonly rung: number;
}
/** An exit to run: at its last rung, or at the one named. */
export type ExitChoice = number | ExitRung;
/** The exit at `depth`; `not-found` names those that exist. */
export declare function findExit(manifest: FamilyManifest, depth: number): ExitEntry;
/** The number of an exit's last rung. */
export declare function lastRung({ rungs }: ExitEntry): number;
/** A rung of an exit; `not-found` names those that exist. */
export declare function findRung(manifest: FamilyManifest, { exit, rung }: ExitRung): RungEntry;
/**
 * What is to be run, each exit once, ascending by depth.
 *
 * @throws AiflowError `not-found` for an exit or rung the family lacks; `invalid-argument` for an exit at two rungs, since
 * an engine runs an exit at one size.
 */
export declare function resolveExits(manifest: FamilyManifest, choices: readonly ExitChoice[]): readonly ExitRung[];
//# sourceMappingURL=exit-choice.d.ts.map
