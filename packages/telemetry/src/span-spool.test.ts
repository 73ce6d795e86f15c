// SPDX-License-Identifier: Apache-2.0
import { createMemoryDisk, type MemoryDisk } from '@aiflow/journal';
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FinishedSpan } from './finished-span.ts';
import { openSpanSpool, type SpanSpool, type SpanSpoolOptions } from './index.ts';

const PLACE = { folder: '/state/spans', node: 'device-1', tier: 'device' };
const traceId = (trace: number): string => trace.toString(16).padStart(32, '0');
let spanIds = 1;

function aSpan(trace: number, change: Partial<FinishedSpan> = {}): FinishedSpan {
  return {
    traceId: traceId(trace),
    spanId: (spanIds++).toString(16).padStart(16, '0'),
    parentId: '',
    name: 'aiflow.answer',
    kind: 'internal',
    startMs: 1000 + spanIds,
    durationMs: 5,
    error: undefined,
    events: [],
    links: [],
    attributes: () => ({ 'aiflow.session': `s-${trace}` }),
    ...change,
  };
}

interface Bench {
  readonly disk: MemoryDisk;
  readonly clock: VirtualClock;
  readonly warnings: string[];
  open(options?: Partial<SpanSpoolOptions>): Promise<SpanSpool>;
}

function bench(seed = 1): Bench {
  const disk = createMemoryDisk({ random: createSeededRandom(seed) });
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message) };
  const open = (options = {}): Promise<SpanSpool> =>
    openSpanSpool({ files: disk.files, clock, logger }, { ...PLACE, ...options });
  return { disk, clock, warnings, open };
}

test('what ended before a restart is found after it, with its own times', async () => {
  const { open } = bench();
  const before = await open();
  before.add(aSpan(1, { startMs: 1234.5 }));
  before.add(aSpan(2));
  await before[Symbol.asyncDispose]();
  const after = await open();
  expect(after.collect(traceId(1))).toMatchObject([
    { startMs: 1234.5, durationMs: 5, node: 'device-1', tier: 'device', attributes: { 'aiflow.session': 's-1' } },
  ]);
  expect(after.latest(9)).toEqual([traceId(2), traceId(1)]);
});

test('spans are written by themselves, in batches, and a crash of the process loses none that were', async () => {
  const { disk, clock, open } = bench();
  const spool = await open();
  for (let index = 0; index < 300; index++) spool.add(aSpan(1));
  await clock.advance(1000);
  await spool.flush();
  spool.add(aSpan(2));
  disk.crash('process');
  const after = await open();
  expect(after.collect(traceId(1))).toHaveLength(300);
  expect(after.collect(traceId(2))).toEqual([]);
});

test('a crash at any operation of the disk leaves a prefix of the spans, whole, and the spool goes on', async () => {
  const cut = fc.record({
    operation: fc.integer({ min: 1, max: 60 }),
    kind: fc.constantFrom('process' as const, 'power' as const),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(cut, async ({ operation, kind, seed }) => {
      const { disk, clock, open } = bench(seed);
      disk.crashAt(operation, kind);
      const spool = await open({ maxBytes: 65_536 }).catch(() => undefined);
      for (let trace = 1; trace <= 20; trace++) {
        spool?.add(aSpan(trace, { attributes: () => ({ text: 'x'.repeat(900) }) }));
        await spool?.flush();
        await clock.advance(400);
      }
      disk.crash(kind);
      const after = await open({ maxBytes: 65_536 });
      const found = after.latest(100);
      expect(found).toEqual(Array.from({ length: found.length }, (_, index) => traceId(found.length - index)));
      after.add(aSpan(99));
      await after.flush();
      expect(after.collect(traceId(99))).toHaveLength(1);
      expect(after.counts().errors).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a full spool drops the oldest traces whole, counts them, and stays within its bound on the disk', async () => {
  const { disk, open } = bench();
  const spool = await open({ maxBytes: 65_536 });
  for (let trace = 1; trace <= 100; trace++) {
    spool.add(aSpan(trace, { attributes: () => ({ text: 'x'.repeat(900) }) }));
    spool.add(aSpan(trace));
    await spool.flush();
    expect(disk.usedBytes).toBeLessThanOrEqual(65_536);
  }
  const kept = spool.latest(1000);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => traceId(100 - index)));
  for (const id of kept) expect(spool.collect(id)).toHaveLength(2);
  expect(spool.counts().droppedFull).toBe(2 * (100 - kept.length));
  await spool[Symbol.asyncDispose]();
  expect((await open({ maxBytes: 65_536 })).latest(1000)).toEqual(kept);
});

test('of a trace that is larger than the spool its newest spans stay', async () => {
  const { open } = bench();
  const spool = await open({ maxBytes: 65_536 });
  const ids: string[] = [];
  for (let index = 0; index < 400; index++) {
    const span = aSpan(1);
    ids.push(span.spanId);
    spool.add(span);
  }
  await spool.flush();
  const kept = spool.collect(traceId(1)).map(({ spanId }) => spanId);
  expect(kept.length).toBeGreaterThan(50);
  expect(kept).toEqual(ids.slice(-kept.length));
});

test('a full disk is one line and a counter, and the spans are written once there is room', async () => {
  const { disk, clock, warnings, open } = bench();
  const spool = await open();
  disk.limit(disk.usedBytes + 10);
  for (let trace = 1; trace <= 5; trace++) {
    spool.add(aSpan(trace));
    await clock.advance(10_000);
    await spool.flush();
  }
  expect(warnings).toEqual(['spans could not be written; they are kept in memory meanwhile']);
  expect(spool.counts().errors).toBeGreaterThan(1);
  expect(spool.collect(traceId(1))).toHaveLength(1);
  disk.limit(Number.POSITIVE_INFINITY);
  await clock.advance(20_000);
  await spool.flush();
  disk.crash('process');
  expect((await open()).latest(9)).toHaveLength(5);
});

test('a disk that fails once is written anew', async () => {
  const { disk, clock, open } = bench();
  const spool = await open();
  spool.add(aSpan(1));
  await spool.flush();
  disk.failNext('sync', 'EIO');
  await clock.advance(6000);
  spool.add(aSpan(2));
  await spool.flush();
  await clock.advance(20_000);
  spool.add(aSpan(3));
  await spool.flush();
  disk.crash('process');
  expect((await open()).latest(9)).toEqual([3, 2, 1].map(traceId));
});

test('spans that come faster than they are written are counted, not kept waiting', async () => {
  const { open } = bench();
  const spool = await open({ maxPendingSpans: 10 });
  for (let index = 0; index < 15; index++) spool.add(aSpan(1));
  await spool.flush();
  expect(spool.counts()).toMatchObject({ spans: 10, droppedPending: 5 });
});

test('what was exported is remembered over a restart, the rest is given again, oldest first', async () => {
  const { disk, open } = bench();
  const spool = await open();
  for (let trace = 1; trace <= 6; trace++) spool.add(aSpan(trace));
  await spool.flush();
  const first = spool.unexported(4)!;
  expect(first.spans.map(span => span.traceId)).toEqual([1, 2, 3, 4].map(traceId));
  spool.markExported(first.through);
  await spool.flush();
  disk.crash('process');
  const after = await open();
  after.add(aSpan(7));
  await after.flush();
  expect(after.unexported(10)?.spans.map(span => span.traceId)).toEqual([5, 6, 7].map(traceId));
});

test('what ended after the position was written is exported, though earlier spans never reached the disk', async () => {
  const { disk, clock, open } = bench();
  const spool = await open();
  const free = disk.usedBytes + 80;
  disk.limit(free);
  for (let trace = 1; trace <= 6; trace++) spool.add(aSpan(trace));
  await spool.flush();
  spool.markExported(spool.unexported(9)!.through);
  await clock.advance(20_000);
  await spool.flush();
  disk.crash('process');
  disk.limit(Number.POSITIVE_INFINITY);
  const after = await open();
  after.add(aSpan(7));
  await after.flush();
  expect(after.unexported(10)?.spans.map(span => span.traceId)).toContain(traceId(7));
});

test('entries of a later build are passed over, and a bound that is none is refused', async () => {
  const { open } = bench();
  await expect(open({ maxBytes: 100 })).rejects.toThrow('span spool maxBytes is 100: name at least 65536');
});
