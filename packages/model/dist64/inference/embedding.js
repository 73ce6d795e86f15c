import { findTensor, floatValues, integerValues } from '../manifest/safetensors.js';
/** Looks rows up in the shipped int8 table; the product with the row's scale is exact fp32. */
export function createEmbedding(tensors, { vocabulary, hidden }) {
  const table = integerValues(findTensor(tensors, 'embedding.weight', { type: 'I8', shape: [vocabulary, hidden] }));
  const scales = floatValues(findTensor(tensors, 'embedding.scale', { type: 'F32', shape: [vocabulary] }));
  return {
    vocabulary,
    layer: 0,
    rows: ids => {
      const rows = new Float32Array(ids.length * hidden);
      ids.forEach((id, index) => {
        const scale = scales[id] ?? 0;
        for (let column = 0; column < hidden; column++) {
          rows[index * hidden + column] = (table[id * hidden + column] ?? 0) * scale;
        }
      });
      return rows;
    },
  };
}
/**
 * Rows that differ by token and mean nothing, to time an engine that lacks the layers below `layer`. Their size is that
 * of a normal distribution's.
 */
export function createStandIn({ vocabulary, hidden }, layer) {
  const wave = (id, column) => 1.4 * Math.sin((id + 1) * (column + 1));
  return {
    vocabulary,
    layer,
    rows: ids =>
      Float32Array.from({ length: ids.length * hidden }, (_, index) => {
        return wave(ids[Math.floor(index / hidden)] ?? 0, index % hidden);
      }),
  };
}
//# sourceMappingURL=embedding.js.map
