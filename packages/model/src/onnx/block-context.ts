// SPDX-License-Identifier: Apache-2.0
import type { Dimensions } from '../manifest/manifest.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { LinearFormat } from './linear.ts';

/** What all blocks know of one session. */
export interface SlotInputs {
  /** [queries, past rows and new rows]: 0 where a query sees a row, -1e9 elsewhere. */
  readonly mask: string;
  /** Number of past rows, whole chunks, and of new rows. */
  readonly attentionSplit: string;
}

/** What all blocks of a graph share. */
export interface BlockInputs {
  /** The position of the first new row where there is one slot, else [1, new rows]: each row's. */
  readonly position: string;
  readonly slots: readonly SlotInputs[];
  /** Number of new rows in each slot. */
  readonly rowSplit: string;
  readonly cosines: string;
  readonly sines: string;
}

/** Emits blocks into one graph. */
export interface BlockContext {
  readonly graph: GraphBuilder;
  readonly dimensions: Dimensions;
  readonly format: LinearFormat;
  readonly inputs: BlockInputs;
}

/** A session's past in one block. Feeds, each [chunks, heads, CHUNK_ROWS, headSize]. */
export interface SlotPast {
  readonly keys: string;
  readonly values: string;
}
