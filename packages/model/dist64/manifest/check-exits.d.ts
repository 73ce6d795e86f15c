import type { FamilyManifest } from './manifest.ts';

type Problem = string | undefined;
/** Says what in the exits and their rungs contradicts the rest of the manifest, naming both values. */
export declare function checkExits(manifest: FamilyManifest): Problem;
//# sourceMappingURL=check-exits.d.ts.map
