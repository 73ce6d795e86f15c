// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import type { Embedding } from './embedding.ts';
import type { Rungs } from './rungs.ts';
import type { Session } from './session.ts';
import type { StageCosts } from './stage-costs.ts';

/** What every step on the ladder needs. */
export interface LadderContext {
  readonly session: Session;
  readonly rungs: Rungs;
  /** Rows before layer 0, or before the first layer that is loaded where they can be made up. */
  readonly embedding: Embedding;
  /** What runs take, for those who have to keep within a time. */
  readonly costs: StageCosts;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Counts rows whose keys and values were computed below features that had been received. */
  readonly countRefilled: (rows: number) => void;
  /** Runs after each graph: throws when the caller has given up. */
  readonly checkpoint: () => Promise<void>;
}
