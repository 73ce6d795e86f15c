// SPDX-License-Identifier: Apache-2.0
import { type BlobEntry, type Dimensions, type FamilyFolder, openFamilyFolder, segmentsFor } from '@aiflow/model';

/** A matrix of `rows` inputs and `columns` outputs, row-major, at the precision that the shipped numbers stand for. */
export interface LoneMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** One transformer block; gate and up apart, as other programs have them. */
export interface LoneBlock {
  readonly attentionNorm: Float32Array;
  readonly query: LoneMatrix;
  readonly key: LoneMatrix;
  readonly value: LoneMatrix;
  readonly output: LoneMatrix;
  readonly feedForwardNorm: Float32Array;
  readonly gate: LoneMatrix;
  readonly up: LoneMatrix;
  readonly down: LoneMatrix;
}

/** The family's deepest exit as the plain decoder that any program could run. */
export interface LoneModel {
  readonly dimensions: Dimensions;
  readonly exit: number;
  /** The end token. */
  readonly end: number;
  /** [vocabulary, hidden]; also the head. */
  readonly embedding: Float32Array;
  /** The trunk's layers, then the exit's own block. */
  readonly blocks: readonly LoneBlock[];
  readonly norm: Float32Array;
}

/** Reads the deepest exit of the family in `folder`. */
export async function readLoneModel(folder: string): Promise<LoneModel> {
  const family = await openFamilyFolder(folder);
  const { manifest } = family;
  const deepest = manifest.exits.at(-1);
  if (deepest === undefined) throw new Error(`${folder} holds a family without exits`);
  const tensors = await readTensors(family, segmentsFor(manifest, [deepest.depth]));
  const { dimensions } = manifest;
  const prefixes = [
    ...Array.from({ length: deepest.depth }, (_, layer) => `layers.${layer}`),
    `exits.${deepest.depth}`,
  ];
  return {
    dimensions,
    exit: deepest.depth,
    end: manifest.tokenizer.specials.end,
    embedding: scaleRows(tensors, dimensions),
    blocks: prefixes.map(prefix => readBlock(tensors, prefix, dimensions)),
    norm: floats(tensors, `exits.${deepest.depth}.norm.weight`),
  };
}

/** The tensors of each segment: the rungs of an exit use the same names. */
type Tensors = readonly ReadonlyMap<string, Uint8Array>[];

interface TensorEntry {
  readonly data_offsets: readonly [number, number];
}

/** The layout of safetensors: eight bytes of header length, a JSON header, the data. The family's hashes were checked. */
async function readTensors(family: FamilyFolder, segments: readonly BlobEntry[]): Promise<Tensors> {
  return Promise.all(
    segments.map(async segment => {
      const bytes = Buffer.from(await family.read(segment));
      const dataOffset = 8 + Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.toString('utf8', 8, dataOffset)) as Record<string, TensorEntry>;
      const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
      return new Map(
        named.map(
          ([
            name,
            {
              data_offsets: [from, to],
            },
          ]) => [name, bytes.subarray(dataOffset + from, dataOffset + to)],
        ),
      );
    }),
  );
}

function readBlock(tensors: Tensors, prefix: string, { hidden, feedForward }: Dimensions): LoneBlock {
  const matrix = (name: string, rows: number, columns: number): LoneMatrix =>
    readMatrix(tensors, `${prefix}.${name}`, { rows, columns });
  const packed = matrix('attention.qkv', hidden, 3 * hidden);
  const gateUp = matrix('feed_forward.gate_up', hidden, 2 * feedForward);
  return {
    attentionNorm: floats(tensors, `${prefix}.attention_norm.weight`),
    query: takeColumns(packed, 0, hidden),
    key: takeColumns(packed, hidden, hidden),
    value: takeColumns(packed, 2 * hidden, hidden),
    output: matrix('attention.output', hidden, hidden),
    feedForwardNorm: floats(tensors, `${prefix}.feed_forward_norm.weight`),
    gate: takeColumns(gateUp, 0, feedForward),
    up: takeColumns(gateUp, feedForward, feedForward),
    down: matrix('feed_forward.down', feedForward, hidden),
  };
}

type Extent = Pick<LoneMatrix, 'rows' | 'columns'>;

/** A dense matrix is int8 with a scale a column; an exit's is the sum of its rungs' components, added up here. */
function readMatrix(tensors: Tensors, name: string, { rows, columns }: Extent): LoneMatrix {
  const dense = tensors.find(segment => segment.has(`${name}.weight`));
  const values = new Float32Array(rows * columns);
  if (dense !== undefined) {
    const stored = integers(tensors, `${name}.weight`);
    const scales = floats(tensors, `${name}.scale`);
    for (let index = 0; index < values.length; index++) {
      values[index] = (stored[index] ?? 0) * (scales[index % columns] ?? 0);
    }
    return { rows, columns, values };
  }
  const rungs = tensors.filter(segment => segment.has(`${name}.left`));
  if (rungs.length === 0) throw new Error(`matrix ${name} is missing`);
  for (const rung of rungs) addComponents([rung], name, { rows, columns, values });
  return { rows, columns, values };
}

function addComponents(rung: Tensors, name: string, { rows, columns, values }: LoneMatrix): void {
  const [left, right] = [integers(rung, `${name}.left`), integers(rung, `${name}.right`)];
  const scales = floats(rung, `${name}.scale`);
  for (let row = 0; row < rows; row++) {
    const sums = values.subarray(row * columns, (row + 1) * columns);
    for (const [component, scale] of scales.entries()) {
      const factor = (left[row * scales.length + component] ?? 0) * scale;
      const start = component * columns;
      for (let column = 0; column < columns; column++) {
        sums[column] = (sums[column] ?? 0) + factor * (right[start + column] ?? 0);
      }
    }
  }
}

/** `count` columns from `from` on, as a matrix of their own. */
export function takeColumns(matrix: LoneMatrix, from: number, count: number): LoneMatrix {
  const values = new Float32Array(matrix.rows * count);
  for (let row = 0; row < matrix.rows; row++) {
    const start = row * matrix.columns + from;
    values.set(matrix.values.subarray(start, start + count), row * count);
  }
  return { rows: matrix.rows, columns: count, values };
}

/** With outputs as rows: [columns, rows]. */
export function transpose({ rows, columns, values }: LoneMatrix): Float32Array {
  const turned = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return turned;
}

function scaleRows(tensors: Tensors, { vocabulary, hidden }: Dimensions): Float32Array {
  const values = integers(tensors, 'embedding.weight');
  const scales = floats(tensors, 'embedding.scale');
  if (values.length !== vocabulary * hidden) throw new Error(`embedding holds ${values.length} values`);
  return Float32Array.from(values, (value, index) => value * (scales[Math.floor(index / hidden)] ?? 0));
}

function integers(tensors: Tensors, name: string): Int8Array {
  const bytes = find(tensors, name);
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function floats(tensors: Tensors, name: string): Float32Array {
  const copy = find(tensors, name).slice(); // aligned
  return new Float32Array(Uint8Array.from(copy).buffer);
}

function find(tensors: Tensors, name: string): Uint8Array {
  const bytes = tensors.find(segment => segment.has(name))?.get(name);
  if (bytes === undefined) throw new Error(`tensor ${name} is missing`);
  return bytes;
}
