import type { FamilyManifest } from '../manifest/manifest.ts';
import type { EngineCollaborators, EngineOptions } from './create-engine.ts';
import { type Embedding } from './embedding.ts';
import type { ServingRungs } from './serving-rungs.ts';
/** A family member, ready to run. */
export interface LoadedFamily {
  readonly manifest: FamilyManifest;
  readonly embedding: Embedding;
  readonly serving: ServingRungs;
  /** Ends an upgrade that is under way and releases every graph. */
  release(): Promise<void>;
}
/** What of {@link EngineOptions} says what to load. */
export type LoadSettings = Pick<
  Required<EngineOptions>,
  'familyFolder' | 'exits' | 'format' | 'cacheFolder' | 'maxGraphBytes' | 'threads' | 'progressive' | 'fromLayer'
> &
  Pick<EngineOptions, 'family' | 'firstRungs'>;
/**
 * Opens a family folder, checks every segment that is needed and loads it. What fails leaves nothing loaded.
 *
 * @throws AiflowError as `createEngine` says.
 */
export declare function loadFamily(collaborators: EngineCollaborators, settings: LoadSettings): Promise<LoadedFamily>;
//# sourceMappingURL=load-family.d.ts.map
