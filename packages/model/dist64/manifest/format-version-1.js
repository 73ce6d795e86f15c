// SPDX-License-Identifier: Apache-2.0
//
// TO BE REMOVED, with `format version 1` in parse-manifest.ts and block-weights.ts, when no family of format version 1 is
// left: reads one as a family whose exits have a single rung, a dense block.
/** The manifest as format version 2. Whatever is missing or wrong is left for the reader of that version to refuse. */
export function fromVersion1(text) {
  const { segments, exits, ...rest } = JSON.parse(text);
  const bytes = new Map(segments.map(segment => [segment.id, segment.bytes]));
  return JSON.stringify({
    ...rest,
    formatVersion: 2,
    segments: segments.map(segment =>
      segment.holds.kind === 'exit' ? { ...segment, holds: { ...segment.holds, rung: 1 } } : segment,
    ),
    exits: exits.map(({ depth, ...rung }) => ({
      depth,
      rungs: [{ ...rung, rung: 1, bytes: rung.segments.reduce((sum, id) => sum + (bytes.get(id) ?? 0), 0) }],
    })),
  });
}
//# sourceMappingURL=format-version-1.js.map
