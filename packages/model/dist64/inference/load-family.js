// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { createRungCheck } from '../manifest/check-rung-tensors.js';
import { findExit, resolveExits } from '../manifest/exit-choice.js';
import { openFamilyFolder } from '../manifest/family-folder.js';
import { createFamilyGraphs } from '../onnx/family-graphs.js';
import { createGraphCache } from '../onnx/graph-cache.js';
import { createEmbedding } from './embedding.js';
import { loadRungs } from './load-rungs.js';
import { startUpgrade } from './rung-upgrade.js';
/**
 * Opens a family folder, checks every segment that is needed and loads it. What fails leaves nothing loaded.
 *
 * @throws AiflowError as `createEngine` says.
 */
export async function loadFamily(collaborators, settings) {
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
  const { serving, loadExit } = await loadRungs(graphs, manifest, { exits, fromLayer });
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
function firstRung({ exit, rung }, { firstRungs }) {
  return { exit, rung: Math.min(rung, firstRungs?.get(exit) ?? 1) };
}
/** A cut lies where an exit does; an exit below it could not be reached. */
function checkFromLayer(manifest, exits, fromLayer) {
  if (fromLayer === 0) return;
  findExit(manifest, fromLayer);
  const below = exits.find(({ exit }) => exit < fromLayer);
  if (below === undefined) return;
  throw new AiflowError(
    'invalid-argument',
    `exit ${below.exit} lies below fromLayer ${fromLayer}: load exits from ${fromLayer} on, or a lower fromLayer`,
  );
}
//# sourceMappingURL=load-family.js.map
