import type { FamilyManifest } from './manifest.ts';
/**
 * Reads a manifest. `file` names it in errors.
 *
 * @throws AiflowError `invalid-argument` with file, path, value and what was expected; also when parts contradict
 * each other, such as a feature-space id that its segments do not hash to.
 */
export declare function parseManifest(text: string, file: string): FamilyManifest;
//# sourceMappingURL=parse-manifest.d.ts.map
