import type { ExitRung } from '../manifest/exit-choice.ts';
import type { EngineCollaborators } from './create-engine.ts';
import type { ServingRungs } from './serving-rungs.ts';
import type { Stage } from './stage.ts';
/** What to load and how. */
export interface UpgradePlan {
  readonly serving: ServingRungs;
  /** The rung each exit shall reach. */
  readonly wanted: readonly ExitRung[];
  /** Refuses segments that are missing, damaged or not what the manifest says. */
  verify(choice: ExitRung): Promise<void>;
  loadExit(choice: ExitRung): Promise<Stage>;
}
/** An upgrade under way. */
export interface Upgrade {
  /** U3 */
  stop(): Promise<void>;
}
/** Begins to raise the exits of `serving` to those wanted. It never fails. */
export declare function startUpgrade(collaborators: EngineCollaborators, plan: UpgradePlan): Upgrade;
/** The rung that serves, by exit. */
export declare function rungsOf({ byExit }: ServingRungs): ReadonlyMap<number, number>;
//# sourceMappingURL=rung-upgrade.d.ts.map
