// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createRungCheck } from '../manifest/check-rung-tensors.ts';
import { type ExitRung, findExit, resolveExits } from '../manifest/exit-choice.ts';
import { openFamilyFolder } from '../manifest/family-folder.ts';
import type { FamilyManifest } from '../manifest/manifest.ts';
import { createFamilyGraphs } from '../onnx/family-graphs.ts';
import { createGraphCache } from '../onnx/graph-cache.ts';
import { createEmbedding, type Embedding } from './embedding.ts';
import type { EngineCollaborators, EngineOptions } from './engine-options.ts';
import { type LoadedRungs, loadRungs } from './load-rungs.ts';
import { startUpgrade } from './rung-upgrade.ts';
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
export async function loadFamily(collaborators: EngineCollaborators, settings: LoadSettings): Promise<LoadedFamily> {
  const { format, threads, fromLayer } = settings;
  if (settings.exits.length === 0) throw new AiflowError('invalid-argument', 'exits is empty, expected at least one');
  const family = await openFamilyFolder(settings.familyFolder, settings.family);
  const { manifest } = family;
  const wanted = resolveExits(manifest, settings.exits);
  checkFromLayer(manifest, wanted, fromLayer);
  const exits = settings.progressive ? wanted.map(choice => firstRung(choice, settings)) : wanted;
  const verify = createRungCheck(family, { fromLayer });
  for (const choice of exits) await verify(choice);
  const graphs = createFamilyGraphs(
    {
      family,
      cache: createGraphCache(collaborators, { folder: settings.cacheFolder, maxBytes: settings.maxGraphBytes }),
    },
    { format, threads },
  );
  const embedding = createEmbedding(await graphs.embedding(), manifest.dimensions);
  const { serving, loadExit }: LoadedRungs = await loadRungs(graphs, manifest, { exits, fromLayer });
  const upgrade = startUpgrade(collaborators, { serving, wanted, verify, loadExit });
  return {
    manifest,
    embedding,
    serving,
    release: async () => {
      await upgrade.stop();
      await serving.release();
    },
  };
}

function firstRung({ exit, rung }: ExitRung, { firstRungs }: LoadSettings): ExitRung {
  return { exit, rung: Math.min(rung, firstRungs?.get(exit) ?? 1) };
}

/** A cut lies where an exit does; an exit below it could not be reached. */
function checkFromLayer(manifest: FamilyManifest, exits: readonly ExitRung[], fromLayer: number): void {
  if (fromLayer === 0) return;
  findExit(manifest, fromLayer);
  const below = exits.find(({ exit }) => exit < fromLayer);
  if (below === undefined) return;
  throw new AiflowError(
    'invalid-argument',
    `exit ${below.exit} lies below fromLayer ${fromLayer}: load exits from ${fromLayer} on, or a lower fromLayer`,
  );
}
