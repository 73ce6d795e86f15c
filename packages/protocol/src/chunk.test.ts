// SPDX-License-Identifier: Apache-2.0
import { createVirtualClock, type VirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAMPLE_CHUNK } from '../testdata/samples.ts';
import {
  AiflowError,
  type Chunk,
  type ChunkAssembler,
  createChunkAssembler,
  decodeChunk,
  encodeChunk,
  splitIntoChunks,
} from './index.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly assembler: ChunkAssembler;
  readonly dropped: string[];
}

function bench(limits: { maxAssemblies?: number; maxBytes?: number } = {}): Bench {
  const clock = createVirtualClock();
  const dropped: string[] = [];
  const assembler = createChunkAssembler(
    { clock, onDropped: (source, messageId, error) => dropped.push(`${source} ${messageId} ${error.code}`) },
    { maxAssemblies: 4, maxBytes: 10_000, timeoutMs: 1000, ...limits },
  );
  return { clock, assembler, dropped };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return AiflowError.from(error).code;
  }
  return 'accepted';
}

test('any message comes back whole from its chunks in any order, with duplicates, among others', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 700 }), fc.infiniteStream(fc.nat()), (bodies, size, order) => {
      const { assembler, clock } = bench();
      const pending = bodies.flatMap((body, index) => {
        const chunks = splitIntoChunks(body, `m-${index}`, size);
        expect(chunks.every(chunk => chunk.bytes.byteLength <= size)).toBe(true);
        return [...chunks, chunks[0]!];
      });
      const whole = new Map<string, Uint8Array>();
      while (pending.length > 0) {
        const [chunk] = pending.splice((order.next().value ?? 0) % pending.length, 1);
        const message = assembler.accept('device-1', decodeChunk(encodeChunk(chunk!)));
        if (message === undefined) continue;
        expect(whole.has(chunk!.messageId), 'S2').toBe(false);
        whole.set(chunk!.messageId, message);
      }
      expect(bodies.map((_, index) => Buffer.from(whole.get(`m-${index}`)!))).toEqual(
        bodies.map(body => Buffer.from(body)),
      );
      expect([assembler.openAssemblies, assembler.heldBytes]).toEqual([0, 0]);
      assembler.close();
      expect(clock.pendingTimers).toBe(0);
    }),
  );
});

test('what one source sends never completes what another began', () => {
  const { assembler } = bench();
  const [first, second] = splitIntoChunks(Uint8Array.of(1, 2), 'same-id', 1);
  expect(assembler.accept('device-1', first!)).toBeUndefined();
  expect(assembler.accept('device-2', second!)).toBeUndefined();
  expect(assembler.openAssemblies).toBe(2);
});

test('a chunk that contradicts the ones before it is refused, and the message still completes', () => {
  const { assembler } = bench();
  const [first, second] = splitIntoChunks(Uint8Array.of(1, 2, 3, 4), 'm', 2);
  assembler.accept('a', first!);
  const liar: Chunk = { messageId: 'm', index: 1, count: 2, totalBytes: 3, bytes: Uint8Array.of(3) };
  expect(codeOf(() => assembler.accept('a', liar))).toBe('invalid-argument');
  expect([...(assembler.accept('a', second!) ?? [])]).toEqual([1, 2, 3, 4]);
});

test('a stale assembly is dropped with an error, one that makes progress is not', async () => {
  const { clock, assembler, dropped } = bench();
  const slow = splitIntoChunks(new Uint8Array(5), 'slow', 1);
  assembler.accept('a', splitIntoChunks(new Uint8Array(2), 'dead', 1)[0]!);
  for (const chunk of slow.slice(0, 4)) {
    assembler.accept('a', chunk);
    await clock.advance(900);
  }
  expect(dropped).toEqual(['a dead deadline-exceeded']);
  expect(assembler.accept('a', slow[4]!)?.byteLength).toBe(5);
  expect(assembler.heldBytes).toBe(0);
  expect(await clock.runUntilIdle()).toBeLessThan(2000);
});

test('a late chunk of a message that was dropped opens nothing new', async () => {
  const { clock, assembler, dropped } = bench();
  const [first, second] = splitIntoChunks(new Uint8Array(2), 'm', 1);
  assembler.accept('a', first!);
  await clock.advance(1500);
  expect(assembler.accept('a', second!)).toBeUndefined();
  expect([assembler.openAssemblies, dropped.length]).toEqual([0, 1]);
});

test('newcomers past a limit are refused with a retry-after and push nothing out', () => {
  const { assembler } = bench({ maxAssemblies: 2, maxBytes: 100 });
  const firstOf = (messageId: string, bytes: number): Chunk =>
    splitIntoChunks(new Uint8Array(bytes), messageId, 10)[0]!;
  assembler.accept('a', firstOf('one', 60));
  expect(codeOf(() => assembler.accept('a', firstOf('too big', 101)))).toBe('resource-exhausted');
  expect(codeOf(() => assembler.accept('a', firstOf('no room', 41)))).toBe('resource-exhausted');
  assembler.accept('a', firstOf('two', 40));
  expect(assembler.heldBytes).toBe(100);
  expect(codeOf(() => assembler.accept('a', firstOf('third', 11)))).toBe('resource-exhausted');
  expect(assembler.openAssemblies).toBe(2);
});

test('closing drops what is open, says so, and leaves no timer', () => {
  const { clock, assembler, dropped } = bench();
  assembler.accept('a', splitIntoChunks(new Uint8Array(2), 'm', 1)[0]!);
  assembler.close();
  expect(dropped).toEqual(['a m cancelled']);
  expect([assembler.heldBytes, clock.pendingTimers]).toEqual([0, 0]);
});

test.each([
  ['an index past the count', { index: 2 }],
  ['no chunks at all', { count: 0, index: 0 }],
  ['more bytes than its place holds', { bytes: Uint8Array.of(1, 2, 3) }],
  ['fewer bytes than its place holds', { bytes: Uint8Array.of(1) }],
  ['more chunks than the message has bytes', { count: 9, index: 8, bytes: new Uint8Array() }],
  ['a place in a message that can never be whole', { count: 9, index: 3, bytes: Uint8Array.of(1) }],
  ['a second part of an empty message', { count: 2, index: 1, totalBytes: 0, bytes: new Uint8Array() }],
  ['a message id that is empty', { messageId: '' }],
])('a chunk with %s is refused', (_what, change) => {
  expect(codeOf(() => decodeChunk(encodeChunk({ ...SAMPLE_CHUNK, ...change })))).toBe('invalid-argument');
});

test('a chunk of another generation is refused readably', () => {
  const bytes = Uint8Array.from(encodeChunk(SAMPLE_CHUNK));
  bytes[1] = 9;
  expect(() => decodeChunk(bytes)).toThrow('wire generation 9 from the sender of a chunk is outside 1..1');
});

test('a chunk size that can cut nothing is refused', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    expect(codeOf(() => splitIntoChunks(new Uint8Array(3), 'm', size))).toBe('invalid-argument');
  }
});
