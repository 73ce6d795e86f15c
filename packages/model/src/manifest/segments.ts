// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { BlobEntry, FamilyManifest, SegmentEntry } from './manifest.ts';

/** A trunk segment with the layers it holds: `from` to `to - 1`. */
export interface TrunkSegment extends BlobEntry {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** Trunk segments in the order they run. */
export function trunkSegments(manifest: FamilyManifest): readonly TrunkSegment[] {
  return manifest.segments
    .flatMap(({ holds, id, file, sha256, bytes }) =>
      holds.kind === 'trunk' ? [{ id, file, sha256, bytes, from: holds.from, to: holds.to }] : [],
    )
    .sort((left, right) => left.from - right.from);
}

/** The segment with the block, norm and head of the exit at `depth`. */
export function exitSegment(manifest: FamilyManifest, depth: number): SegmentEntry | undefined {
  return manifest.segments.find(({ holds }) => holds.kind === 'exit' && holds.depth === depth);
}

/** The segment with the token embedding, which is also every exit's head. A checked manifest has one. */
export function embeddingSegment(manifest: FamilyManifest): SegmentEntry {
  const found = manifest.segments.find(({ holds }) => holds.kind === 'embedding');
  if (found === undefined) throw new AiflowError('internal', 'manifest was not checked: it has no embedding');
  return found;
}

/**
 * What a node must load to answer at `exits`: each segment once, in manifest order.
 *
 * @throws AiflowError `not-found` naming the exit the family lacks and those it has.
 */
export function segmentsFor(manifest: FamilyManifest, exits: readonly number[]): readonly SegmentEntry[] {
  const needed = new Set(exits.flatMap(depth => findExit(manifest, depth).segments));
  return manifest.segments.filter(segment => needed.has(segment.id));
}

/** The exit at `depth`; `not-found` names those that exist. */
export function findExit(manifest: FamilyManifest, depth: number): FamilyManifest['exits'][number] {
  const found = manifest.exits.find(exit => exit.depth === depth);
  if (found !== undefined) return found;
  const known = manifest.exits.map(exit => exit.depth).join(', ');
  throw new AiflowError('not-found', `family ${manifest.family} has no exit ${depth}: its exits are ${known}`, {
    details: { family: manifest.family, exit: String(depth) },
  });
}
