import type { CacheRows, StageCache } from '../cache/stage-cache.ts';
import type { StageWork } from '../engine.ts';
import type { Dimensions } from '../manifest/manifest.ts';
import { type GraphRunner } from '../onnx/graph-runtime.ts';
import { type QueryRange, type RangeFeeds, type RowRange } from './range-feeds.ts';
import type { Candidates } from './sampling.ts';
/** Rows as a graph returns them. */
export interface StageRows extends CacheRows {
  /** Trunk stages: the states after them, [count, hidden]. */
  readonly features: Float32Array | undefined;
}
/** Runs one graph over one session's rows. The caller stores what comes back. */
export interface Stage {
  /** Id of the segment. */
  readonly id: string;
  /** Its input is the hidden state before this layer. */
  readonly from: number;
  readonly blocks: number;
  readonly work: Omit<StageWork, 'msPerRun'>;
  /** Trunk segments return features; exits choose tokens. */
  readonly kind: 'trunk' | 'exit';
  run(cache: StageCache, input: Float32Array, range: RowRange): Promise<StageRows>;
  /** For exits: as `run`, and the best `candidates` tokens for each row from `firstQuery` on. */
  choose(
    cache: StageCache,
    input: Float32Array,
    request: QueryRange & {
      readonly candidates: number;
    },
  ): Promise<{
    readonly rows: StageRows;
    readonly candidates: readonly Candidates[];
  }>;
  release(): Promise<void>;
}
/** What a stage is made from. */
export interface StageDefinition {
  readonly id: string;
  readonly kind: 'trunk' | 'exit';
  readonly from: number;
  readonly blocks: number;
  readonly dimensions: Dimensions;
}
/** Wraps a loaded graph. Stages that share `rangeFeeds` share what depends on a block's place alone. */
export declare function createStage(graph: GraphRunner, rangeFeeds: RangeFeeds, definition: StageDefinition): Stage;
//# sourceMappingURL=stage.d.ts.map
