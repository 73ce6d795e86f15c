import { embeddingSegment, exitSegments, trunkSegments } from './segments.js';
/** Says what in the exits and their rungs contradicts the rest of the manifest, naming both values. */
export function checkExits(manifest) {
  if (manifest.exits.length === 0) return 'exits is empty, expected at least one';
  let last = 0;
  for (const exit of manifest.exits) {
    const { depth } = exit;
    if (depth <= last) return `exit ${depth} follows exit ${last}, expected ascending depths`;
    last = depth;
    if (!trunkSegments(manifest).some(segment => segment.to === depth))
      return `exit ${depth} does not lie at the end of a trunk segment`;
    const problem = checkRungs(manifest, exit) ?? checkConfidence(exit);
    if (problem !== undefined) return problem;
  }
  return checkExitSegments(manifest) ?? checkDomain(manifest);
}
function checkRungs(manifest, { depth, rungs }) {
  if (rungs.length === 0) return `exit ${depth} has no rungs, expected at least one`;
  let below;
  for (const [index, entry] of rungs.entries()) {
    const { rung, segments, parameters, bytes } = entry;
    const what = `rung ${rung} of exit ${depth}`;
    if (rung !== index + 1) return `${what} stands where rung ${index + 1} is expected`;
    const needed = neededSegments(manifest, depth, rung);
    const ids = needed.map(segment => segment.id).join(', ');
    if (segments.join(', ') !== ids) return `${what} lists segments ${segments.join(', ')}, expected ${ids}`;
    const sum = needed.reduce((total, segment) => total + segment.bytes, 0);
    if (bytes !== sum) return `${what} states ${bytes} bytes, its segments have ${sum}`;
    if (below !== undefined && parameters <= below.parameters)
      return `${what} states ${parameters} parameters, expected more than the ${below.parameters} of the rung below`;
    below = entry;
  }
  return undefined;
}
function checkConfidence({ depth, confidence }) {
  const wrong = confidence.findIndex(({ risk, margin }, index) => {
    const before = confidence[index - 1];
    return before !== undefined && (risk <= before.risk || margin > before.margin);
  });
  return wrong < 0
    ? undefined
    : `confidence ${wrong} of exit ${depth} needs a higher risk and no wider margin than before`;
}
/** Every rung has one segment, and no segment a rung that is not listed. */
function checkExitSegments(manifest) {
  for (const { depth, rungs } of manifest.exits) {
    const held = exitSegments(manifest, { exit: depth, rung: Number.MAX_SAFE_INTEGER });
    if (held.length !== rungs.length)
      return `exit ${depth} has ${rungs.length} rungs, its segments hold ${held.map(segment => segment.id).join(', ')}`;
  }
  const listed = new Set(manifest.exits.map(exit => exit.depth));
  const stray = manifest.segments.find(({ holds }) => holds.kind === 'exit' && !listed.has(holds.depth));
  return stray === undefined ? undefined : `segment ${stray.id} holds an exit that exits does not list`;
}
function checkDomain({ inDomain, exits }) {
  if (inDomain === undefined || exits.some(exit => exit.depth === inDomain.exit)) return undefined;
  return `inDomain.exit is ${inDomain.exit}, exits are ${exits.map(exit => exit.depth).join(', ')}`;
}
function neededSegments(manifest, depth, rung) {
  return [
    embeddingSegment(manifest),
    ...trunkSegments(manifest).filter(segment => segment.to <= depth),
    ...exitSegments(manifest, { exit: depth, rung }),
  ];
}
//# sourceMappingURL=check-exits.js.map
