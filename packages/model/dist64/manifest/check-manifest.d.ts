import type { FamilyManifest } from './manifest.ts';
/** Refuses a manifest whose parts contradict each other, naming both values. */
export declare function checkManifest(manifest: FamilyManifest, file: string): void;
//# sourceMappingURL=check-manifest.d.ts.map
