import type { BlobEntry, FamilyManifest } from './manifest.ts';
/** A family on disk whose manifest was read and checked. */
export interface FamilyFolder {
  readonly path: string;
  readonly manifest: FamilyManifest;
  /** The bytes of one file, hash checked against the manifest on every call. */
  read(blob: BlobEntry): Promise<Uint8Array>;
}
/**
 * Opens the family in `folder`.
 *
 * @throws AiflowError `not-found` when the manifest is missing, `invalid-argument` when it is unusable or names
 * another family than `expectedFamily`; `read` fails with `not-found` or `data-loss` naming file, expected and actual.
 */
export declare function openFamilyFolder(folder: string, expectedFamily?: string): Promise<FamilyFolder>;
//# sourceMappingURL=family-folder.d.ts.map
