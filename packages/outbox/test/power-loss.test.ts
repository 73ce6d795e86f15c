// SPDX-License-Identifier: Apache-2.0
import type { CrashKind } from '@aiflow/journal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Death, type LifeReport, playLife, type TimedEvent } from './scripted-life.ts';

const put = (atMs: number, label: string, item = {}): TimedEvent => ({ atMs, event: { kind: 'put', label, item } });

const SCRIPT: readonly TimedEvent[] = [
  put(0, 'a'),
  put(0, 'b', { priority: 'urgent' }),
  { atMs: 150, event: { kind: 'cut' } },
  put(200, 'old', { supersedesKey: 'k' }),
  put(200, 'c', { priority: 'background' }),
  put(300, 'new', { supersedesKey: 'k' }),
  { atMs: 900, event: { kind: 'heal' } },
  put(1500, 'd'),
];

/** What must hold at the end of every life that leaves the links up. */
function expectOnce(report: LifeReport, mayBeMissing: readonly string[] = []): void {
  for (const times of [...report.seen.values(), ...report.replied.values()]) expect(times).toBe(1);
  for (const label of report.acknowledged) {
    if (!mayBeMissing.includes(label)) expect(report.seen.get(label), `note ${label} at the edge`).toBe(1);
  }
  for (const label of report.seen.keys()) expect(report.replied.get(label), `reply to ${label}`).toBe(1);
  for (const label of report.seen.keys()) {
    expect(report.acknowledged.has(label) || report.unknown.has(label), `${label} was put in`).toBe(true);
  }
  expect(report.waiting).toEqual({ device: 0, edge: 0 });
}

/** Enough passes through both journals that each is rewritten. */
const MUCH: readonly TimedEvent[] = Array.from({ length: 14 }, (_, index) =>
  put(index * 150, `n${index}`.padEnd(30_000)),
);

const SCRIPTS = { short: SCRIPT, long: MUCH };

interface Enumeration {
  readonly script: keyof typeof SCRIPTS;
  readonly node: 'device-1' | 'edge-1';
  readonly kind: CrashKind;
}

/** Plays the life once for each operation of the node's disk; returns how many there are. */
async function enumerate({ script, node, kind }: Enumeration): Promise<number> {
  const life = { events: SCRIPTS[script], settleMs: 20_000 };
  const clean = await playLife(life);
  expectOnce(clean, ['old']);
  const operations = node === 'device-1' ? clean.operations.device : clean.operations.edge;
  for (let operation = 1; operation <= operations; operation++) {
    const report = await playLife({ ...life, deaths: [{ node, operation, kind }] });
    try {
      expectOnce(report, ['old']);
      expect(report.deaths).toBe(1);
    } catch (cause) {
      throw new Error(`${node} lost its ${kind} at operation ${operation}`, { cause });
    }
  }
  if (script === 'long') expect(clean.rewrites[node], 'times its journal was rewritten').toBeGreaterThan(0);
  return operations;
}

test.each<Enumeration>([
  { script: 'short', node: 'device-1', kind: 'process' },
  { script: 'short', node: 'device-1', kind: 'power' },
  { script: 'short', node: 'edge-1', kind: 'process' },
  { script: 'short', node: 'edge-1', kind: 'power' },
  { script: 'long', node: 'device-1', kind: 'process' },
  { script: 'long', node: 'device-1', kind: 'power' },
  { script: 'long', node: 'edge-1', kind: 'process' },
  { script: 'long', node: 'edge-1', kind: 'power' },
])(
  'in a $script life $node may lose its $kind at any operation of its disk',
  async enumeration => {
    expect(await enumerate(enumeration)).toBeGreaterThan(20);
  },
  120_000,
);

const nodes = fc.constantFrom('device-1', 'edge-1');
const kinds = fc.constantFrom<CrashKind>('process', 'power');
const atMs = fc.nat(20_000);
const priorities = fc.constantFrom('urgent', 'normal', 'background');

const puts = fc.array(fc.record({ atMs, priority: priorities, bytes: fc.constantFrom(4, 300, 20_000) }), {
  maxLength: 24,
});
const kills = fc.array(fc.record({ atMs, node: nodes, how: kinds, forMs: fc.nat(3000) }), { maxLength: 4 });
const cuts = fc.array(fc.record({ atMs, forMs: fc.nat(6000) }), { maxLength: 4 });
const deaths = fc.array(fc.record({ node: nodes, kind: kinds, operation: fc.integer({ min: 1, max: 250 }) }), {
  maxLength: 3,
});
const faults = fc.record({
  jitterMs: fc.nat(30),
  loss: fc.constantFrom(0, 0.1, 0.3),
  duplicate: fc.constantFrom(0, 0.3),
  reorder: fc.constantFrom(0, 0.3),
  reorderMs: fc.nat(3000),
});

test('whatever is lost, doubled, turned round, cut or killed, each note and reply counts once', async () => {
  const life = fc.record({ puts, kills, cuts, deaths, faults, seed: fc.nat(1e6), isLazy: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(life, async ({ isLazy, ...drawn }) => {
      const events: TimedEvent[] = [
        ...drawn.puts.map(({ atMs, priority, bytes }, index) => put(atMs, `n${index}`.padEnd(bytes), { priority })),
        ...drawn.kills.map(({ atMs, node, how, forMs }) => ({
          atMs,
          event: { kind: 'kill', node, how: isLazy ? 'process' : how, forMs } as const,
        })),
        ...drawn.cuts.map(({ atMs }) => ({ atMs, event: { kind: 'cut' } as const })),
        ...drawn.cuts.map(({ atMs, forMs }) => ({ atMs: atMs + forMs, event: { kind: 'heal' } as const })),
        { atMs: 26_000, event: { kind: 'heal' } },
      ];
      const deaths: Death[] = drawn.deaths.map(death => ({ ...death, kind: isLazy ? 'process' : death.kind }));
      const durability = isLazy ? { everyMs: 200 } : 'each';
      const { seed, faults } = drawn;
      expectOnce(await playLife({ events, deaths, seed, faults, store: { durability }, settleMs: 120_000 }));
    }),
    { numRuns: Number(process.env.OUTBOX_LIVES ?? 40) },
  );
}, 120_000);
