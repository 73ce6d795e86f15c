// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom, createVirtualClock, type Random } from '@aiflow/time';
import { expect, test } from 'vitest';
import { SAMPLES } from '../testdata/samples.ts';
import { AiflowError, createChunkAssembler, decodeChunk } from './index.ts';

const FRAMES = 100_000;
const MAX_HEAP_GROWTH_BYTES = 48 * 1024 * 1024;

type Damage = (frame: Uint8Array, random: Random) => Uint8Array;

const DAMAGES: Readonly<Record<string, Damage>> = {
  truncated: (frame, random) => frame.subarray(0, random.below(frame.byteLength)),
  'bit-flipped': (frame, random) => {
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(frame.byteLength);
      frame[at] = (frame[at] ?? 0) ^ (1 << random.below(8));
    }
    return frame;
  },
  'of a wrong generation': (frame, random) => {
    frame[1] = 2 + random.below(120);
    return frame;
  },
  'with a huge length': (frame, random) => {
    const at = random.below(Math.max(1, frame.byteLength - 5));
    frame.set([255, 255, 255, 255, random.below(16)].slice(0, frame.byteLength - at), at);
    return frame;
  },
  'of noise': (frame, random) => frame.map(() => random.below(256)),
  spliced: (frame, random) => Buffer.concat([frame.subarray(random.below(frame.byteLength)), frame]),
};

test(`${FRAMES} damaged frames give a value or an AiflowError, in bounded memory`, () => {
  const random = createSeededRandom(2026);
  const goldens = SAMPLES.map(sample => ({ ...sample, bytes: sample.encode() }));
  const damages = Object.values(DAMAGES);
  const outcomes = { accepted: 0, refused: 0 };
  const foreign = new Set<string>();
  const heapBefore = process.memoryUsage().heapUsed;
  for (let frame = 0; frame < FRAMES; frame++) {
    const sample = goldens[frame % goldens.length]!;
    const bytes = damages[frame % damages.length]!(Uint8Array.from(sample.bytes), random);
    try {
      sample.decode(bytes);
      outcomes.accepted += 1;
    } catch (error) {
      outcomes.refused += 1;
      if (!AiflowError.is(error)) foreign.add(`${sample.name}: ${String(error)}`);
    }
  }
  expect([...foreign]).toEqual([]);
  expect(outcomes.refused).toBeGreaterThan(FRAMES / 3);
  expect(outcomes.accepted).toBeGreaterThan(0);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
});

test('a flood of hostile chunks is held within the limits of the assembler', () => {
  const random = createSeededRandom(7);
  const limits = { maxAssemblies: 8, maxBytes: 1_000_000, timeoutMs: 1000 };
  const assembler = createChunkAssembler({ clock: createVirtualClock(), onDropped: () => undefined }, limits);
  const chunk = SAMPLES.find(sample => sample.name === 'chunk')!.encode();
  let refused = 0;
  for (let frame = 0; frame < 20_000; frame++) {
    const bytes = DAMAGES['bit-flipped']!(Uint8Array.from(chunk), random);
    try {
      assembler.accept(`node-${frame}`, decodeChunk(bytes));
    } catch (error) {
      expect(AiflowError.is(error)).toBe(true);
      refused += 1;
    }
    expect(assembler.heldBytes).toBeLessThanOrEqual(limits.maxBytes);
  }
  expect(assembler.openAssemblies).toBe(limits.maxAssemblies);
  expect(refused).toBeGreaterThan(10_000);
});
