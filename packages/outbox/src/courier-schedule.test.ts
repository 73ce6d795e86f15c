// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextOffer, type ScheduleView } from './courier-schedule.ts';
import { NodeLane } from './node-lane.ts';
import { PRIORITIES } from './outbox-item.ts';
import type { StoredItem } from './stored-item.ts';

const NODES = ['n0', 'n1', 'n2'];
const items = fc.array(
  fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    node: fc.constantFrom(...NODES),
    bytes: fc.constantFrom(10, 50_000),
    place: fc.option(fc.constantFrom(...NODES), { nil: undefined }),
    failed: fc.boolean(),
    inFlight: fc.boolean(),
  }),
  { maxLength: 20 },
);
const lanes = fc.array(fc.constantFrom('open', 'silent', 'large', 'full'), { minLength: 3, maxLength: 3 });

test('offers an item that may go, in order within its node, whatever the others are like', () => {
  fc.assert(
    fc.property(items, lanes, fc.subarray(NODES), (drawn, kinds, here) => {
      const waiting = drawn
        .map((each, index) => ({ ...each, id: String(index) }))
        .sort((one, other) => PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority));
      const laneOf = new Map(NODES.map((node, index) => [node, laneLike(kinds[index]!)]));
      const known = new Map(waiting.map(each => [each.id, each]));
      const view: ScheduleView = {
        nowMs: 0,
        waiting: () => waiting.map(asItem),
        targets: new Set(waiting.map(each => each.place ?? each.node)).size,
        nodeOf: item => [item.place?.node ?? ('node' in item.to ? item.to.node : '')].find(node => here.includes(node)),
        laneOf: node => laneOf.get(node)!,
        isInFlight: id => known.get(id)!.inFlight,
        notBeforeMs: id => (known.get(id)!.failed ? 100 : -Infinity),
        hasRoom: () => true,
      };
      const { offer, lookAgainMs } = nextOffer(view);
      const free = waiting.filter(each => !each.inFlight && !each.failed && here.includes(each.place ?? each.node));
      const ready = free.filter(each => laneOf.get(each.place ?? each.node)!.readiness(each.bytes, 0).kind === 'ready');
      if (offer === undefined) {
        for (const each of ready) expect(free.indexOf(each)).toBeGreaterThan(0); // something before it holds it back
        if (
          free.length === 0 &&
          waiting.some(each => each.failed && !each.inFlight && here.includes(each.place ?? each.node))
        ) {
          expect(lookAgainMs).toBe(100);
        }
        return;
      }
      const chosen = known.get(offer.item.id)!;
      expect(ready).toContain(chosen);
      if (chosen.place !== undefined) expect(offer.node).toBe(chosen.place); // C2
      const before = free.slice(0, free.indexOf(chosen)).filter(each => (each.place ?? each.node) === offer.node);
      expect(before.every(each => each.bytes > chosen.bytes)).toBe(true); // C1
    }),
    { numRuns: 500 },
  );
});

test('an open lane with nothing under way gets its first item', () => {
  const view = (node: string): ScheduleView => ({
    nowMs: 0,
    targets: 2,
    waiting: () => [
      asItem({ id: 'a', priority: 'urgent', node: 'gone', bytes: 10 }),
      asItem({ id: 'b', priority: 'background', node, bytes: 10 }),
    ],
    nodeOf: item => ('node' in item.to && item.to.node !== 'gone' ? item.to.node : undefined),
    laneOf: () => laneLike('open'),
    isInFlight: () => false,
    notBeforeMs: () => -Infinity,
    hasRoom: () => true,
  });
  expect(nextOffer(view('n1')).offer).toMatchObject({ node: 'n1', item: { id: 'b' } });
  expect(nextOffer({ ...view('n1'), hasRoom: () => false }).offer).toBeUndefined();
});

function laneLike(kind: string): NodeLane {
  const lane = new NodeLane(
    {
      ...{ perNode: 2, initialPauseMs: 500, maxPauseMs: 8000, arrivalSpreadMs: 1000 },
      ...{ controlBytes: 1000, burstBytes: 4000, share: 0.5, assumedBytesPerSecond: 2000 },
    },
    createSeededRandom(1),
  );
  lane.measure(undefined);
  if (kind === 'silent') lane.silent(0);
  if (kind === 'large') lane.begin(50_000, 0);
  if (kind === 'full') for (let each = 0; each < 2; each++) lane.begin(10, 0);
  return lane;
}

function asItem(drawn: {
  id: string;
  priority: StoredItem['priority'];
  node: string;
  bytes: number;
  place?: string | undefined;
}): StoredItem {
  const { id, priority, node, bytes, place } = drawn;
  return {
    ...{ id, priority, to: { node }, kind: 'k', payload: new Uint8Array(bytes) },
    ...{ timeToLiveMs: 1000, bornMs: 0, ageUncertain: false },
    ...(place === undefined ? {} : { place: { source: 's', node: place, sequence: 0 } }),
  };
}
