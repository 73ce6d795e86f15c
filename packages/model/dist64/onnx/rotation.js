/** Computed in steps of fp32, as the training code does, so that the tables agree with it to the last bits. */
export function rotationTables({ headSize, context, ropeTheta }) {
  const half = headSize / 2;
  const cosines = new Float32Array(context * half);
  const sines = new Float32Array(context * half);
  for (let pair = 0; pair < half; pair++) {
    const rate = Math.fround(ropeTheta ** Math.fround(-pair / half));
    for (let position = 0; position < context; position++) {
      const angle = Math.fround(position * rate);
      cosines[position * half + pair] = Math.cos(angle);
      sines[position * half + pair] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}
//# sourceMappingURL=rotation.js.map
