// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ITEM_ENDS, PRIORITIES } from './outbox-item.ts';
import { type PlanContext, planCommit, planExpiry, type StoreChange } from './plan-commit.ts';
import { decodeEntry, encodeEntry, type StoreEntry } from './store-entry.ts';
import { StoreState } from './store-state.ts';
import { itemBytes } from './stored-item.ts';

const names = fc.constantFrom('n1', 'n2', 'n3');
const nodes = fc.constantFrom('edge-1', 'edge-2');
const items = fc.record(
  {
    to: fc.oneof(fc.record({ node: nodes }), fc.record({ capability: names })),
    kind: names,
    payload: fc.uint8Array({ maxLength: 60 }),
    priority: fc.constantFrom(...PRIORITIES),
    timeToLiveMs: fc.integer({ min: 1, max: 200 }),
    supersedesKey: names,
    traceParent: names,
  },
  { requiredKeys: ['to', 'kind', 'payload'] },
);
const ids = fc.nat(30).map(String);
const changes: fc.Arbitrary<StoreChange> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), item: items }) },
  fc.record({ kind: fc.constant('end' as const), id: ids, how: fc.constantFrom(...ITEM_ENDS) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('assign' as const), id: ids, node: nodes }) },
  fc.record({ kind: fc.constant('rename' as const), id: ids, source: names }),
  fc.record({ kind: fc.constant('set' as const), table: names, key: names, value: fc.uint8Array({ maxLength: 9 }) }),
  fc.record({ kind: fc.constant('delete' as const), table: names, key: names }),
  fc.record({
    kind: fc.constant('mark' as const),
    numbered: fc.record({ source: names, priority: fc.nat(2), sequence: fc.nat(20), id: ids }),
    floor: fc.nat(4),
    openForMs: fc.nat(100),
  }),
);
const commits = fc.array(fc.record({ afterMs: fc.nat(50), changes: fc.array(changes, { maxLength: 3 }) }), {
  maxLength: 40,
});

const LIMITS = { maxBytes: 900, maxItems: 8, maxRecordBytes: 400, maxRecords: 4, maxSources: 2 };

/** Commits one after another as a writer does; gives the state and all that was written. */
function play(steps: readonly { afterMs: number; changes: readonly StoreChange[] }[]): {
  readonly state: StoreState;
  readonly written: readonly StoreEntry[];
} {
  let state = new StoreState();
  state.source = 'first';
  const written: StoreEntry[] = [{ kind: 'source', source: 'first' }];
  let made = 0;
  let nowMs = 0;
  for (const step of steps) {
    nowMs += step.afterMs;
    const context: PlanContext = { nowMs, limits: LIMITS, newId: () => String(made++) };
    const draft = state.clone();
    const expired = planExpiry(draft, nowMs);
    for (const entry of expired) draft.apply(entry);
    try {
      const { entries } = planCommit(draft, step.changes, context);
      written.push(...expired, ...entries);
      state = draft;
    } catch {
      continue;
    }
    expect(state.items.count).toBeLessThanOrEqual(LIMITS.maxItems);
    expect(state.items.bytes).toBeLessThanOrEqual(LIMITS.maxBytes);
    expect(state.records.count).toBeLessThanOrEqual(LIMITS.maxRecords);
    expect(state.received.size).toBeLessThanOrEqual(LIMITS.maxSources);
  }
  return { state, written };
}

/** All that can be asked of a state. */
function picture(state: StoreState): unknown {
  const streams = ['edge-1', 'edge-2'].flatMap(node =>
    [0, 1, 2].map(each => state.sent.next(state.source, node, each)),
  );
  const floors = state.items
    .placed()
    .map(({ place, priority }) => state.sent.floor(place, PRIORITIES.indexOf(priority)));
  return {
    ...{ source: state.source, items: [...state.items.all()], streams, floors },
    bytes: [state.items.bytes, state.records.bytes, state.records.count],
    records: [...state.records.entries()].map(entry => JSON.stringify(entry)).sort(),
    received: [...state.received.entries()]
      .filter(entry => entry.kind !== 'floor' || entry.floor > 0)
      .map(entry => (entry.kind === 'received' ? { ...entry, openUntilMs: 0 } : entry)),
  };
}

const refold = (entries: Iterable<StoreEntry>): StoreState => {
  const state = new StoreState();
  for (const entry of entries) state.apply(decodeEntry(encodeEntry(entry)));
  return state;
};

describe('the fold of a store', () => {
  test('gives the same state from its journal, and from its rewritten journal, within all bounds', () => {
    fc.assert(
      fc.property(commits, steps => {
        const { state, written } = play(steps);
        expect(picture(refold(written))).toEqual(picture(state));
        expect(picture(refold(state.entries()))).toEqual(picture(state));
        expect(picture(state.clone())).toEqual(picture(state));
      }),
      { numRuns: 300 },
    );
  });

  test('takes any entries in any order without failing, as a damaged journal gives them', () => {
    fc.assert(
      fc.property(commits, fc.array(fc.nat(200), { maxLength: 60 }), (steps, picks) => {
        const { written } = play(steps);
        const state = refold(picks.map(pick => written[pick % written.length]!));
        expect(state.items.bytes).toBe([...state.items.all()].reduce((sum, item) => sum + itemBytes(item), 0));
      }),
    );
  });

  test('gives no number twice in a stream, and keeps each within the window', () => {
    fc.assert(
      fc.property(commits, steps => {
        const given = new Set<string>();
        for (const entry of play(steps).written) {
          if (entry.kind !== 'assign') continue;
          const name = `${entry.priority} ${entry.place.node} ${entry.place.source} ${entry.place.sequence}`;
          expect(given.has(name) && entry.place.source === 'first', name).toBe(false);
          given.add(name);
        }
      }),
    );
  });

  test('remembers a sender as long as one of its items may come again', () => {
    const state = new StoreState();
    const mark = (source: string, nowMs: number): unknown =>
      planCommit(
        state,
        [{ kind: 'mark', numbered: { source, priority: 0, sequence: 0, id: source }, floor: 0, openForMs: 100 }],
        { nowMs, limits: LIMITS, newId: () => 'x' },
      );
    mark('one', 0);
    mark('two', 50);
    expect(() => mark('three', 90)).toThrow('raise maxSources');
    mark('three', 101);
    expect([state.received.has('one'), state.received.has('two')]).toEqual([false, true]);
  });

  test('an entry of a newer build is refused, saying so, and a cut one is data loss', () => {
    expect(() => decodeEntry(Uint8Array.of(2, 0))).toThrow('run the build that wrote it');
    expect(() => decodeEntry(Uint8Array.of(1, 99))).toThrow('run the build that wrote it');
    const whole = encodeEntry({ kind: 'set', table: 't', key: 'k', value: Uint8Array.of(1, 2, 3) });
    for (let end = 0; end < whole.byteLength; end++) {
      expect(() => decodeEntry(whole.subarray(0, end))).toThrow(/ends too early|does not know/);
    }
  });
});
