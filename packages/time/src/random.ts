// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';

/** A source of randomness. Not for keys: those come from node:crypto. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A uniform integer in [0, bound). */
  below(bound: number): number;
  /** A source of its own whose values depend on this one's seed and `label` alone. */
  fork(label: string): Random;
}

/** The same seed gives the same values on every machine (xoshiro128**, seeded by splitmix32). */
export function createSeededRandom(seed: number | string): Random {
  const root = typeof seed === 'number' ? seed >>> 0 : hashText(seed);
  const state = expandSeed(root);
  const next = (): number => nextWord(state) / 0x1_0000_0000;
  return {
    next,
    below: bound => Math.floor(next() * bound),
    fork: label => createSeededRandom((root ^ hashText(label)) >>> 0),
  };
}

/** Seeded from the operating system. */
export function createSystemRandom(): Random {
  return createSeededRandom(randomBytes(4).readUInt32LE());
}

function expandSeed(seed: number): Uint32Array {
  const state = new Uint32Array(4);
  let word = seed;
  for (let index = 0; index < 4; index++) {
    word = (word + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[index] = (mixed ^ (mixed >>> 15)) >>> 0;
  }
  return state;
}

function nextWord(state: Uint32Array): number {
  const a = state[0] ?? 0; // one by one: taking a typed array apart goes through its iterator
  const b = state[1] ?? 0;
  const c = state[2] ?? 0;
  const d = state[3] ?? 0;
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
  const third = c ^ a;
  const fourth = d ^ b;
  state[1] = b ^ third;
  state[0] = a ^ fourth;
  state[2] = third ^ (b << 9);
  state[3] = rotateLeft(fourth, 11);
  return result;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** FNV-1a, so that labels and text seeds are stable across machines. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
