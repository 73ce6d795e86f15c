import { type Feed } from '../onnx/graph-runtime.ts';
/** Positions to compute in one block, on top of the rows below `from`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}
/** A block whose last rows, from `firstQuery` on, are wanted as queries; the others add to the cache only. */
export interface QueryRange extends RowRange {
  readonly firstQuery: number;
}
/** Feeds that depend on a block's place alone. */
export type RangeFeeds = (range: QueryRange) => Readonly<Record<string, Feed>>;
/** Remembers the last block, since a step goes through every stage at the same place. */
export declare function createRangeFeeds(): RangeFeeds;
/** How many chunks a graph is fed for so many past rows: one at least. */
export declare function chunksFor(rows: number): number;
/** A query sees all past rows and the new ones up to itself, but not what fills up the last chunk. */
export declare function maskOf({ from, to, firstQuery }: QueryRange): Float32Array;
//# sourceMappingURL=range-feeds.d.ts.map
