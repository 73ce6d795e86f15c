const MOST = 15;
/** Rounds a matrix to four bits in blocks of `blockRows`, an even number. */
export function quantizeBlocks(matrix, blockRows) {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(rows / blockRows);
  const made = {
    ...{ rows, columns, blockRows, blocks },
    codes: new Uint8Array((columns * blocks * blockRows) / 2),
    scales: new Float32Array(columns * blocks),
    zeroPoints: new Uint8Array(columns * Math.ceil(blocks / 2)),
  };
  const weights = new Float32Array(blockRows * columns);
  const zeros = new Uint8Array(columns);
  for (let block = 0; block < blocks; block++) {
    readRows(matrix, block * blockRows, weights);
    fitRanges(made, { block, weights, zeros });
    writeCodes(made, { block, weights, zeros });
  }
  return made;
}
/** One block of every column, row by row as they lie; 0 past the last row. */
function readRows({ values, scales, rows, columns }, firstRow, weights) {
  const start = firstRow * columns;
  const held = Math.min(weights.length, (rows - firstRow) * columns);
  for (let at = 0; at < held; at += columns) {
    for (let column = 0; column < columns; column++) {
      weights[at + column] = (values[start + at + column] ?? 0) * (scales[column] ?? 0);
    }
  }
  weights.fill(0, held);
}
function fitRanges({ columns, blocks, scales, zeroPoints }, { block, weights, zeros }) {
  const [least, greatest] = findEnds(weights, columns);
  const zeroBytes = Math.ceil(blocks / 2);
  for (let column = 0; column < columns; column++) {
    const low = least[column] ?? 0;
    const span = (greatest[column] ?? 0) - low;
    const scale = span === 0 ? 1 : Math.fround(span / MOST);
    const zero = Math.round(-low / scale);
    scales[column * blocks + block] = scale;
    zeros[column] = zero;
    const at = column * zeroBytes + (block >> 1);
    zeroPoints[at] = (zeroPoints[at] ?? 0) | (block % 2 === 0 ? zero : zero << 4);
  }
}
/** The least and the greatest weight of each column, zero included. */
function findEnds(weights, columns) {
  const least = new Float32Array(columns);
  const greatest = new Float32Array(columns);
  for (let at = 0; at < weights.length; at += columns) {
    for (let column = 0; column < columns; column++) {
      const weight = weights[at + column] ?? 0;
      least[column] = Math.min(least[column] ?? 0, weight);
      greatest[column] = Math.max(greatest[column] ?? 0, weight);
    }
  }
  return [least, greatest];
}
function writeCodes(matrix, { block, weights, zeros }) {
  const { columns, blocks, blockRows, scales, codes } = matrix;
  const code = (at, column) => {
    const scale = scales[column * blocks + block] ?? 1;
    const rounded = Math.round((weights[at + column] ?? 0) / scale) + (zeros[column] ?? 0);
    return Math.max(0, Math.min(MOST, rounded));
  };
  for (let pair = 0; pair < blockRows / 2; pair++) {
    const at = 2 * pair * columns;
    for (let column = 0; column < columns; column++) {
      const place = ((column * blocks + block) * blockRows) / 2 + pair;
      codes[place] = code(at, column) | (code(at + columns, column) << 4);
    }
  }
}
//# sourceMappingURL=block-quantization.js.map
