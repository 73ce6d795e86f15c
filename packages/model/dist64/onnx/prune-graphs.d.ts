/** What was used less than this ago stays, whatever the bound: another process may be about to load it. */
export declare const RECENT_MS = 3600000;
/**
 * Removes the contents that were not used for longest, with their entries, until those that are left take at most
 * `maxBytes`; and what crashed writers left. Returns the bytes removed.
 */
export declare function pruneGraphs(
  folder: string,
  {
    maxBytes,
    nowMs,
  }: {
    readonly maxBytes: number;
    readonly nowMs: number;
  },
): Promise<number>;
//# sourceMappingURL=prune-graphs.d.ts.map
