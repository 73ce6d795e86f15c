// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { OutboxStore } from '../src/index.ts';
import { type LifeReport, type LifeSettings, playLife, type TimedEvent } from './scripted-life.ts';

// What the lives with deaths say is worth something only if they tell a broken store from a whole one.

const EVENTS: readonly TimedEvent[] = [
  ...Array.from({ length: 20 }, (_, index) => ({
    atMs: index * 100,
    event: { kind: 'put', label: `n${index}` } as const,
  })),
  { atMs: 500, event: { kind: 'kill', node: 'edge-1', how: 'power', forMs: 300 } },
  { atMs: 1200, event: { kind: 'kill', node: 'device-1', how: 'power', forMs: 300 } },
];
const FAULTS = { loss: 0.3, duplicate: 0.3, reorder: 0.3, reorderMs: 1000 };

async function worstOf(mutate: NonNullable<LifeSettings['mutate']>): Promise<{ doubled: number; lost: number }> {
  let [doubled, lost] = [0, 0];
  for (let seed = 1; seed <= 5; seed++) {
    const report = await playLife({
      events: EVENTS,
      faults: FAULTS,
      seed,
      mutate,
      courier: { maxPauseMs: 500 },
      settleMs: 60_000,
    });
    doubled += [...report.seen.values()].filter(times => times > 1).length;
    lost += missing(report).length;
  }
  return { doubled, lost };
}

const missing = ({ acknowledged, seen }: LifeReport): readonly string[] =>
  [...acknowledged].filter(label => !seen.has(label));

const facade = (store: OutboxStore, change: object): OutboxStore =>
  new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name in change ? Reflect.get(change, name) : Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(name in change ? change : target) : value;
    },
  });

test('a whole store loses and doubles nothing', async () => {
  expect(await worstOf(store => store)).toEqual({ doubled: 0, lost: 0 });
});

test('an inbox that keeps no marks doubles', async () => {
  const { doubled } = await worstOf(store =>
    facade(store, {
      receiving: {
        standing: () => 'new',
        receive: (_arrival: unknown, changes: Parameters<OutboxStore['commit']>[0]) => store.commit(changes),
      },
    }),
  );
  expect(doubled).toBeGreaterThan(0);
});

test('an inbox that marks first and makes the changes after it loses', async () => {
  const { lost } = await worstOf(store =>
    facade(store, {
      receiving: {
        standing: store.receiving.standing.bind(store),
        receive: async (...[arrival, changes]: Parameters<OutboxStore['receiving']['receive']>) => {
          await store.receiving.receive(arrival, []);
          await Promise.reject(changes.length > 0 ? new Error('the power went between the two') : undefined);
        },
      },
    }),
  );
  expect(lost).toBeGreaterThan(0);
});

test('a sender that ends an item when it offers it loses', async () => {
  const { lost } = await worstOf(store =>
    facade(store, {
      sending: facade(store, {
        noteAttempt: (id: string) => void store.commit([{ kind: 'end', id, how: 'delivered' }]).catch(() => undefined),
      }),
    }),
  );
  expect(lost).toBeGreaterThan(0);
});
