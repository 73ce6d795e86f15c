// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSeededRandom, type Random } from '@aiflow/time';
import { BYTE_OF_CHARACTER } from '../src/tokenizer/byte-alphabet.ts';

/** What a random family looks like. The vocabulary is the 256 bytes and four special tokens. */
export interface RandomFamilyShape {
  readonly exits: readonly number[];
  readonly hidden: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly context: number;
  readonly seed: number;
  /** How much of a full rank the components of each rung reach, ascending. */
  readonly rungShares: readonly number[];
  /** Every odd token's embedding is all but the one before it, so that most choices are near ties. */
  readonly twins: boolean;
}

export const TINY: RandomFamilyShape = {
  exits: [1, 3, 4],
  hidden: 32,
  heads: 2,
  feedForward: 48,
  context: 192,
  seed: 1,
  rungShares: [0.25, 0.5, 0.75],
  twins: false,
};

const SPECIALS = ['<|pad|>', '<|question|>', '<|answer|>', '<|end|>'];
const VOCABULARY = 256 + SPECIALS.length;

type Arrays = Record<string, { readonly values: Int8Array | Float32Array; readonly shape: readonly number[] }>;

/** Writes a family of untrained weights into `folder` and returns its manifest as written. */
export async function createRandomFamily(folder: string, overrides: Partial<RandomFamilyShape> = {}): Promise<unknown> {
  const shape = { ...TINY, ...overrides };
  const random = createSeededRandom(shape.seed);
  await mkdir(folder, { recursive: true });
  const write = async (file: string, bytes: Uint8Array): Promise<Blob> => {
    await writeFile(join(folder, file), bytes);
    return { file, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
  };
  const segments: Segment[] = [];
  for (const { id, holds, arrays } of segmentArrays(shape, random)) {
    const parameters = parametersIn(arrays);
    segments.push({ id, ...(await write(`${id}.safetensors`, encodeSafetensors(arrays))), holds, parameters });
  }
  const tokenizer = await write('tokenizer.json', new TextEncoder().encode(JSON.stringify(byteTokenizer())));
  const manifest = describe(shape, segments, tokenizer);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return manifest;
}

interface Blob {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

interface Segment extends Blob {
  readonly id: string;
  readonly holds: object;
  readonly parameters: number;
}

/** Elements of all arrays but scales, as a manifest states them. */
function parametersIn(arrays: Arrays): number {
  return Object.entries(arrays)
    .filter(([name]) => !name.endsWith('.scale'))
    .reduce((sum, [, { values }]) => sum + values.length, 0);
}

function describe(shape: RandomFamilyShape, segments: readonly Segment[], tokenizer: Blob): object {
  const { exits, hidden, heads, feedForward, context, rungShares } = shape;
  const needed = (depth: number): string[] => [
    'embedding',
    ...trunkSpans(exits)
      .filter(([, to]) => to <= depth)
      .map(trunkId),
  ];
  const digest = (id: string): Buffer => Buffer.from(segments.find(one => one.id === id)!.sha256, 'hex');
  const space = (depth: number): string =>
    createHash('sha256')
      .update(Buffer.concat(needed(depth).map(digest)))
      .digest('hex')
      .slice(0, 16);
  const found = (id: string): Segment => segments.find(one => one.id === id)!;
  const sum = (ids: readonly string[], what: 'bytes' | 'parameters'): number =>
    ids.reduce((total, id) => total + found(id)[what], 0);
  const rungOf = (depth: number, rung: number): object => {
    const ids = [...needed(depth), ...Array.from({ length: rung }, (_, below) => rungId(depth, below + 1))];
    return { rung, segments: ids, parameters: sum(ids, 'parameters'), bytes: sum(ids, 'bytes') };
  };
  return {
    formatVersion: 2,
    family: 'random',
    version: '0.0.1',
    licence: 'Apache-2.0',
    dimensions: {
      ...{ layers: exits.at(-1), hidden, heads, kvHeads: heads, headSize: hidden / heads, feedForward },
      ...{ vocabulary: VOCABULARY, context, ropeTheta: 10000, ropeStyle: 'half', normEpsilon: 1e-5 },
    },
    tokenizer: { ...tokenizer, specials: { pad: 0, question: 1, answer: 2, end: 3 } },
    segments: segments.map(({ parameters: _, ...entry }) => entry),
    exits: exits.map(depth => ({ depth, rungs: rungShares.map((_, index) => rungOf(depth, index + 1)) })),
    featureSpaces: exits.map(layer => ({ layer, id: space(layer) })),
    inDomain: { exit: exits[0], maxBitsPerByte: 4 },
    recipe: {},
    data: 'none',
  };
}

function trunkSpans(exits: readonly number[]): [number, number][] {
  return exits.map((depth, index) => [exits[index - 1] ?? 0, depth]);
}

function trunkId([from, to]: [number, number]): string {
  return `trunk-${from}-${to}`;
}

function rungId(depth: number, rung: number): string {
  return `exit-${depth}-rung-${rung}`;
}

function segmentArrays(shape: RandomFamilyShape, random: Random): { id: string; holds: object; arrays: Arrays }[] {
  const embedding = { id: 'embedding', holds: { kind: 'embedding' }, arrays: embeddingArrays(shape, random) };
  const trunk = trunkSpans(shape.exits).map(([from, to]) => {
    const layers = Array.from({ length: to - from }, (_, index) =>
      blockArrays(`layers.${from + index}`, shape, random),
    );
    return { id: trunkId([from, to]), holds: { kind: 'trunk', from, to }, arrays: Object.assign({}, ...layers) };
  });
  // One norm for all exits, of random sign: exits mostly agree, and no token is its own most likely successor.
  const norm = gaussians(shape.hidden, 1, random);
  const exits = shape.exits.flatMap(depth => {
    const norms = {
      ...normArrays(`exits.${depth}`, shape, random),
      [`exits.${depth}.norm.weight`]: { values: norm, shape: [shape.hidden] },
    };
    return rungArrays(`exits.${depth}`, shape, random).map((components, index) => ({
      id: rungId(depth, index + 1),
      holds: { kind: 'exit', depth, rung: index + 1 },
      arrays: index === 0 ? { ...norms, ...components } : components,
    }));
  });
  return [embedding, ...trunk, ...exits];
}

function embeddingArrays({ hidden, twins }: RandomFamilyShape, random: Random): Arrays {
  const values = integers(VOCABULARY * hidden, random);
  const scale = new Float32Array(VOCABULARY).fill(0.02);
  if (twins) {
    for (let token = 1; token < VOCABULARY; token += 2) {
      values.copyWithin(token * hidden, (token - 1) * hidden, token * hidden);
      scale[token] = 0.02 * (1 + 2e-7 * (random.below(40) - 20));
    }
  }
  return {
    'embedding.weight': { values, shape: [VOCABULARY, hidden] },
    'embedding.scale': { values: scale, shape: [VOCABULARY] },
  };
}

/** Names and sizes of a block's matrices. */
function matrices({ hidden, feedForward }: RandomFamilyShape): [name: string, rows: number, columns: number][] {
  return [
    ['attention.qkv', hidden, 3 * hidden],
    ['attention.output', hidden, hidden],
    ['feed_forward.gate_up', hidden, 2 * feedForward],
    ['feed_forward.down', feedForward, hidden],
  ];
}

function normArrays(prefix: string, { hidden }: RandomFamilyShape, random: Random): Arrays {
  const norm = (part: string): Arrays => {
    const values = gaussians(hidden, 0.1, random).map(value => 1 + value);
    return { [`${prefix}.${part}.weight`]: { values, shape: [hidden] } };
  };
  return { ...norm('attention_norm'), ...norm('feed_forward_norm') };
}

function blockArrays(prefix: string, shape: RandomFamilyShape, random: Random): Arrays {
  const arrays: Arrays = { ...normArrays(prefix, shape, random) };
  for (const [name, rows, columns] of matrices(shape)) {
    const values = integers(rows * columns, random);
    const scale = Float32Array.from(values.slice(0, columns), () => (0.7 + 0.6 * random.next()) / 40 / Math.sqrt(rows));
    arrays[`${prefix}.${name}.weight`] = { values, shape: [rows, columns] };
    arrays[`${prefix}.${name}.scale`] = { values: scale, shape: [columns] };
  }
  return arrays;
}

/** Components of a block, by rung; each weighs 10 % less than the one before. */
function rungArrays(prefix: string, shape: RandomFamilyShape, random: Random): Arrays[] {
  const rungs: Arrays[] = shape.rungShares.map(() => ({}));
  for (const [name, rows, columns] of matrices(shape)) {
    const ends = shape.rungShares.map(share => Math.max(1, Math.round(share * Math.min(rows, columns))));
    rungs.forEach((arrays, index) => {
      const from = ends[index - 1] ?? 0;
      const count = ends[index]! - from;
      const scale = Float32Array.from({ length: count }, (_, at) => 0.9 ** (from + at) / 40 / 40 / Math.sqrt(5 * rows));
      arrays[`${prefix}.${name}.left`] = { values: integers(rows * count, random), shape: [rows, count] };
      arrays[`${prefix}.${name}.right`] = { values: integers(count * columns, random), shape: [count, columns] };
      arrays[`${prefix}.${name}.scale`] = { values: scale, shape: [count] };
    });
  }
  return rungs;
}

function integers(count: number, random: Random): Int8Array {
  return Int8Array.from(gaussians(count, 40, random), value => Math.max(-127, Math.min(127, value)));
}

/** Box-Muller. */
function gaussians(count: number, deviation: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return deviation * radius * Math.cos(2 * Math.PI * random.next());
  });
}

/** The safetensors layout. */
export function encodeSafetensors(arrays: Arrays): Uint8Array {
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, { values, shape }] of Object.entries(arrays)) {
    const dtype = values instanceof Int8Array ? 'I8' : 'F32';
    header[name] = { dtype, shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  const data = Object.values(arrays).map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, padded, ...data]);
}

function byteTokenizer(): object {
  const characters = [...BYTE_OF_CHARACTER.keys()].sort((left, right) => (left < right ? -1 : 1));
  const vocab = Object.fromEntries([...SPECIALS, ...characters].map((token, id) => [token, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
}
