// SPDX-License-Identifier: Apache-2.0
import { type FamilyManifest, openFamilyFolder } from '@aiflow/model';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { rowsOf } from '../family/family-rows.ts';
import { type FoundMeasurements, findMeasurements } from '../family/measured-family.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatFamily } from './format-family.ts';
import type { Terminal } from './terminal.ts';

/**
 * `aiflow family show`: the family as its manifest and measurements have it. Figures of other weights are never shown: then
 * the manifest's part alone, with status 1.
 */
export async function showFamily(
  terminal: Terminal,
  { folder, json }: { readonly folder: string; readonly json: boolean },
): Promise<number> {
  const path = resolveFamilyFolder(folder, process.cwd());
  const { manifest } = await openFamilyFolder(path);
  const found = await findMeasurements(path);
  const measured = found.state === 'current' ? found.measured : undefined;
  terminal.out(json ? `${JSON.stringify(describeFamily(manifest, found))}\n` : formatFamily(manifest, measured));
  if (found.state === 'current') return EXIT_STATUS.ok;
  terminal.err(`${explain(found)}: run aiflow family measure ${folder}\n`);
  return found.state === 'stale' ? EXIT_STATUS.failed : EXIT_STATUS.ok;
}

function explain(found: Exclude<FoundMeasurements, { state: 'current' }>): string {
  if (found.state === 'missing') return 'not measured yet';
  const [theirs, ours] = [found.measured.manifestSha256, found.manifestSha256].map(hash => hash.slice(0, 12));
  return `the measurements are of other weights (manifest ${theirs}, here is ${ours}) and are left out`;
}

/** What `--json` prints. */
function describeFamily(manifest: FamilyManifest, found: FoundMeasurements): object {
  const measured = found.state === 'current' ? found.measured : undefined;
  return {
    ...{
      family: manifest.family,
      version: manifest.version,
      licence: manifest.licence,
      dimensions: manifest.dimensions,
    },
    measurements: found.state,
    machine: measured?.machine,
    questions: measured?.questions,
    kinds: measured?.kinds,
    rows: rowsOf(manifest, measured),
    confidence: measured?.confidence ?? statedConfidence(manifest),
    policies: measured?.policies ?? [],
    files: manifest.segments.map(({ file, bytes, sha256, holds }) => ({ file, bytes, sha256, holds })),
    featureSpaces: manifest.featureSpaces,
    inDomain: manifest.inDomain,
    naturalText: manifest.naturalText,
    leftOut: measured?.leftOut ?? [],
  };
}

function statedConfidence({ exits }: FamilyManifest): readonly object[] {
  return exits.flatMap(({ depth, confidence }) =>
    confidence.map(({ risk, margin }) => ({ exit: depth, stated: risk, margin })),
  );
}
