/**
 * The file a host process runs. Node runs JavaScript only, so when this package is read from its TypeScript source, as
 * tests do, the host comes from the build beside it.
 */
export declare function hostEntryPath(moduleUrl?: string): string;
//# sourceMappingURL=host-entry.d.ts.map
