// SPDX-License-Identifier: Apache-2.0
import { type BlobEntry, type Dimensions, type FamilyFolder, openFamilyFolder, segmentsFor } from '@aiflow/model';

/** A matrix of `rows` inputs and `columns` outputs, row-major, as shipped: int8 with a scale a column. */
export interface ShippedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** One transformer block; gate and up apart, as other programs have them. */
export interface LoneBlock {
  readonly attentionNorm: Float32Array;
  readonly query: ShippedMatrix;
  readonly key: ShippedMatrix;
  readonly value: ShippedMatrix;
  readonly output: ShippedMatrix;
  readonly feedForwardNorm: Float32Array;
  readonly gate: ShippedMatrix;
  readonly up: ShippedMatrix;
  readonly down: ShippedMatrix;
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

type Tensors = ReadonlyMap<string, Uint8Array>;

interface TensorEntry {
  readonly data_offsets: readonly [number, number];
}

/** The layout of safetensors: eight bytes of header length, a JSON header, the data. The family's hashes were checked. */
async function readTensors(family: FamilyFolder, segments: readonly BlobEntry[]): Promise<Tensors> {
  const tensors = new Map<string, Uint8Array>();
  for (const segment of segments) {
    const bytes = Buffer.from(await family.read(segment));
    const dataOffset = 8 + Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, dataOffset)) as Record<string, TensorEntry>;
    for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
      if (name !== '__metadata__') tensors.set(name, bytes.subarray(dataOffset + offsets[0], dataOffset + offsets[1]));
    }
  }
  return tensors;
}

function readBlock(tensors: Tensors, prefix: string, { hidden, feedForward }: Dimensions): LoneBlock {
  const matrix = (name: string, rows: number, columns: number): ShippedMatrix => ({
    ...{ rows, columns },
    values: integers(tensors, `${prefix}.${name}.weight`),
    scales: floats(tensors, `${prefix}.${name}.scale`),
  });
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

/** `count` columns from `from` on, as a matrix of their own. */
export function takeColumns(matrix: ShippedMatrix, from: number, count: number): ShippedMatrix {
  const values = new Int8Array(matrix.rows * count);
  for (let row = 0; row < matrix.rows; row++) {
    const start = row * matrix.columns + from;
    values.set(matrix.values.subarray(start, start + count), row * count);
  }
  return { rows: matrix.rows, columns: count, values, scales: matrix.scales.slice(from, from + count) };
}

/** Full precision, row-major. */
export function toFloats({ rows, columns, values, scales }: ShippedMatrix): Float32Array {
  const floatsOut = new Float32Array(rows * columns);
  for (let index = 0; index < floatsOut.length; index++) {
    floatsOut[index] = (values[index] ?? 0) * (scales[index % columns] ?? 0);
  }
  return floatsOut;
}

/** Full precision with outputs as rows: [columns, rows]. */
export function toTransposedFloats({ rows, columns, values, scales }: ShippedMatrix): Float32Array {
  const floatsOut = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      floatsOut[column * rows + row] = (values[row * columns + column] ?? 0) * (scales[column] ?? 0);
    }
  }
  return floatsOut;
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
  const bytes = tensors.get(name);
  if (bytes === undefined) throw new Error(`tensor ${name} is missing`);
  return bytes;
}
