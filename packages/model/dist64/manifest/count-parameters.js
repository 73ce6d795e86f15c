/** Weights in a segment's tensors: every element but the scales of quantisation. */
export function countParameters(tensors) {
  let count = 0;
  for (const [name, { shape }] of tensors) {
    if (!name.endsWith('.scale')) count += shape.reduce((product, extent) => product * extent, 1);
  }
  return count;
}
//# sourceMappingURL=count-parameters.js.map
