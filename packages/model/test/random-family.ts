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
  const segments: { id: string; holds: object; sha256: string }[] = [];
  for (const { id, holds, arrays } of segmentArrays(shape, random)) {
    segments.push({ id, ...(await write(`${id}.safetensors`, encodeSafetensors(arrays))), holds });
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

function describe(shape: RandomFamilyShape, segments: { id: string; sha256: string }[], tokenizer: Blob): object {
  const { exits, hidden, heads, feedForward, context } = shape;
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
  return {
    formatVersion: 1,
    family: 'random',
    version: '0.0.1',
    licence: 'Apache-2.0',
    dimensions: {
      ...{ layers: exits.at(-1), hidden, heads, kvHeads: heads, headSize: hidden / heads, feedForward },
      ...{ vocabulary: VOCABULARY, context, ropeTheta: 10000, ropeStyle: 'half', normEpsilon: 1e-5 },
    },
    tokenizer: { ...tokenizer, specials: { pad: 0, question: 1, answer: 2, end: 3 } },
    segments,
    exits: exits.map(depth => ({ depth, segments: [...needed(depth), `exit-${depth}`], parameters: 1 })),
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
  const exits = shape.exits.map(depth => ({
    id: `exit-${depth}`,
    holds: { kind: 'exit', depth },
    arrays: {
      ...blockArrays(`exits.${depth}`, shape, random),
      [`exits.${depth}.norm.weight`]: { values: norm, shape: [shape.hidden] },
    },
  }));
  return [embedding, ...trunk, ...exits];
}

function embeddingArrays({ hidden, twins }: RandomFamilyShape, random: Random): Arrays {
  const values = Int8Array.from(gaussians(VOCABULARY * hidden, 40, random), value =>
    Math.max(-127, Math.min(127, value)),
  );
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

function blockArrays(prefix: string, { hidden, feedForward }: RandomFamilyShape, random: Random): Arrays {
  const arrays: Arrays = {};
  const matrix = (name: string, rows: number, columns: number): void => {
    const values = Int8Array.from(gaussians(rows * columns, 40, random), value => Math.max(-127, Math.min(127, value)));
    const scale = Float32Array.from(values.slice(0, columns), () => (0.7 + 0.6 * random.next()) / 40 / Math.sqrt(rows));
    arrays[`${prefix}.${name}.weight`] = { values, shape: [rows, columns] };
    arrays[`${prefix}.${name}.scale`] = { values: scale, shape: [columns] };
  };
  for (const part of ['attention_norm', 'feed_forward_norm']) {
    const values = gaussians(hidden, 0.1, random).map(value => 1 + value);
    arrays[`${prefix}.${part}.weight`] = { values, shape: [hidden] };
  }
  matrix('attention.qkv', hidden, 3 * hidden);
  matrix('attention.output', hidden, hidden);
  matrix('feed_forward.gate_up', hidden, 2 * feedForward);
  matrix('feed_forward.down', feedForward, hidden);
  return arrays;
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
