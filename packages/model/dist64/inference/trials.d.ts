import type { Clock } from '@aiflow/time';
import type { BufferPool } from '../cache/buffer-pool.ts';
import type { InformationRequest, VerifyCurveRequest, VerifyPoint } from '../engine.ts';
import type { LoadedFamily } from './load-family.ts';
import type { Pacing } from './pacing.ts';
import type { StageCosts } from './stage-costs.ts';
/** What trials work with. */
export interface TrialParts {
  readonly clock: Clock;
  readonly loaded: LoadedFamily;
  readonly pool: BufferPool;
  readonly costs: StageCosts;
}
/** Measurements on sessions that end with them. */
export interface Trials {
  measureBits(request: InformationRequest, pacing: Pacing): Promise<number>;
  measureVerifyCurve(request: VerifyCurveRequest, pacing: Pacing): Promise<readonly VerifyPoint[]>;
}
/** Where layers below `fromLayer` are not loaded, time is measured on made-up states; bits cannot be. */
export declare function createTrials(
  parts: TrialParts,
  {
    fromLayer,
  }: {
    readonly fromLayer: number;
  },
): Trials;
//# sourceMappingURL=trials.d.ts.map
