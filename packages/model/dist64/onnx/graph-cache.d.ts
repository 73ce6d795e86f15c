import type { Clock } from '@aiflow/time';
import type { Logger } from '../logger.ts';
/** Everything a graph is made from, as text that differs when the graph may differ. */
export type GraphKeyParts = readonly string[];
/** Finds or builds graph files. */
export interface GraphCache {
  /** The path of a model file whose hash was just checked; `build` runs when there is none. */
  pathOf(parts: GraphKeyParts, build: () => Promise<Uint8Array>): Promise<string>;
}
/** What a cache needs from its surroundings. */
export interface GraphCacheCollaborators {
  readonly logger: Logger;
  readonly clock: Clock;
}
/** Where graphs are kept, and how many bytes of them. */
export interface GraphCacheOptions {
  /** Made when missing; may be deleted at any time. */
  readonly folder: string;
  readonly maxBytes: number;
}
/**
 * A cache on disk.
 *
 * `pathOf` fails with an AiflowError: `resource-exhausted` where the disk is full, `permission-denied` where the folder
 * cannot be written; both name file, bytes needed and remedy.
 */
export declare function createGraphCache(
  { logger, clock }: GraphCacheCollaborators,
  { folder, maxBytes }: GraphCacheOptions,
): GraphCache;
//# sourceMappingURL=graph-cache.d.ts.map
