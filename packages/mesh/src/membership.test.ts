// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleAdvert } from '../test/sample-advert.ts';
import type { AdvertRoute } from './advert-reader.ts';
import { createMembership, type Membership, type MembershipOptions } from './membership.ts';
import type { MembershipAction } from './membership-action.ts';

function start(options: Partial<MembershipOptions> = {}): {
  table: Membership;
  hear(fields: Partial<Advert>, route?: AdvertRoute, nowMs?: number): readonly MembershipAction[];
} {
  const table = createMembership({
    self: {
      node: 'self',
      site: 's',
      tier: 'device',
      bootId: 'own-boot',
      bootWallMs: 500,
      publicKey: 'own-key',
    },
    suspectAfterMs: 3000,
    deadAfterMs: 6000,
    forgetAfterMs: 60_000,
    answerEveryMs: 200,
    maxMembers: 4,
    ...options,
  });
  return {
    table,
    hear: (fields, route = 'event', nowMs = 0) => {
      const value = sampleAdvert(fields);
      return table.observe({ advert: value, signedBytes: Buffer.from(JSON.stringify(value)), route }, nowMs);
    },
  };
}

const stateOf = (table: Membership, nowMs = 0): string | undefined => table.members(nowMs)[0]?.state;
const kinds = (actions: readonly MembershipAction[]): string[] =>
  actions.map(action => (action.do === 'tell' ? `tell ${action.change.kind}` : action.do));

describe('membership', () => {
  test('a node that is heard of is admitted and greeted, and is alive once it answered us', () => {
    const { table, hear } = start();
    expect(kinds(hear({ sequence: 1 }, 'hello'))).toEqual(['admit', 'tell seen', 'tell updated', 'introduce']);
    expect(stateOf(table)).toBe('seen');
    expect(kinds(hear({ sequence: 2 }, 'direct', 300))).toEqual(['tell alive', 'introduce']);
    expect(stateOf(table)).toBe('alive');
  });

  test('the same advert on a second way makes it alive too', () => {
    const { table, hear } = start();
    hear({ sequence: 1 }, 'event');
    hear({ sequence: 1 }, 'direct');
    expect(stateOf(table)).toBe('alive');
  });

  test('greets again whenever it hears of a node that has not answered, but not more often than allowed', () => {
    const { hear } = start();
    hear({ sequence: 1 }, 'event', 0);
    expect(kinds(hear({ sequence: 2 }, 'event', 100))).toEqual(['tell updated']);
    expect(hear({ sequence: 3 }, 'event', 1000)).toContainEqual({
      do: 'introduce',
      place: { site: 's', node: 'peer' },
      loud: true,
    });
  });

  test('two nodes that answer each other come to rest', () => {
    const { hear } = start();
    hear({ sequence: 1 }, 'direct', 0);
    expect(kinds(hear({ sequence: 2 }, 'direct', 10))).toEqual(['tell updated']);
  });

  test('three missed beats make it suspect, more make it dead, long silence makes it forgotten', () => {
    const { table, hear } = start();
    hear({}, 'direct', 0);
    expect(kinds(table.tick(2999))).toEqual([]);
    expect(kinds(table.tick(3000))).toEqual(['tell suspect']);
    expect(kinds(table.tick(5000))).toEqual([]);
    expect(kinds(table.tick(6000))).toEqual(['tell dead', 'dismiss']);
    table.tick(59_999);
    expect(kinds(table.tick(60_000))).toEqual(['tell forgotten', 'forget']);
    expect(table.members(60_000)).toEqual([]);
  });

  test('the dead are asked for a sign of life now and then, and one that gives it is alive', () => {
    const { table, hear } = start();
    hear({ sequence: 1 }, 'direct', 0);
    expect(kinds(table.tick(6000))).toEqual(['tell dead', 'dismiss']);
    expect(kinds(table.tick(11_999))).toEqual([]);
    expect(table.tick(12_000)).toEqual([{ do: 'introduce', place: { site: 's', node: 'peer' }, loud: false }]);
    expect(kinds(table.tick(17_999))).toEqual([]);
    expect(kinds(table.tick(18_000))).toEqual(['introduce']);
    expect(kinds(hear({ sequence: 2 }, 'direct', 18_010))).toContain('admit');
    expect(stateOf(table)).toBe('alive');
  });

  test('a node that probes us is heard, in the boot we know and not beyond its death', () => {
    const { table, hear } = start();
    hear({}, 'direct', 0);
    expect(kinds(table.spoke('peer', 'boot-1', 2900))).toEqual([]);
    expect(kinds(table.tick(5899))).toEqual([]);
    expect(kinds(table.tick(5900))).toEqual(['tell suspect']);
    expect(kinds(table.spoke('peer', 'boot-0', 6000))).toEqual([]);
    expect(kinds(table.spoke('nobody', 'boot-1', 6000))).toEqual([]);
    expect(kinds(table.spoke('peer', 'boot-1', 6000))).toEqual(['tell alive']);
    expect(kinds(table.tick(12_000))).toEqual(['tell dead', 'dismiss']);
    expect(kinds(table.spoke('peer', 'boot-1', 12_001))).toEqual([]);
    expect(stateOf(table)).toBe('dead');
  });

  test('a dismissal says since when nothing was heard', () => {
    const { table, hear } = start();
    hear({}, 'direct', 0);
    const [, dismissal] = table.tick(6100);
    expect(dismissal).toMatchObject({
      reason: { code: 'unavailable', message: 'node peer is dead: nothing was heard of it for 6.1 s' },
    });
  });

  test('time for which this process was held up is nobody’s silence', () => {
    const { table, hear } = start();
    hear({}, 'direct', 0);
    table.excuse(7000, 7500);
    expect(kinds(table.tick(7500))).toEqual([]);
    expect(kinds(table.tick(9999))).toEqual([]);
    expect(kinds(table.tick(10_000))).toEqual(['tell suspect']);
    expect(kinds(table.tick(13_000))).toEqual(['tell dead', 'dismiss']);
  });

  test('a suspect that speaks is alive again, a dead one has to answer first', () => {
    const { table, hear } = start();
    hear({ sequence: 1 }, 'direct', 0);
    table.tick(3000);
    hear({ sequence: 2 }, 'event', 3100);
    expect(stateOf(table)).toBe('alive');
    table.tick(9200);
    expect(stateOf(table)).toBe('dead');
    expect(kinds(hear({ sequence: 3 }, 'event', 9300))).toEqual(['admit', 'tell updated', 'introduce']);
    expect(stateOf(table)).toBe('seen');
  });

  test('an old advert repeated keeps nobody alive', () => {
    const { table, hear } = start();
    hear({ sequence: 5 }, 'direct', 0);
    hear({ sequence: 5 }, 'event', 2000);
    hear({ sequence: 4 }, 'event', 2500);
    expect(kinds(table.tick(3000))).toEqual(['tell suspect']);
    expect(table.counters.stale).toBe(1);
    table.tick(6000);
    hear({ sequence: 5 }, 'relayed', 7000);
    expect(stateOf(table)).toBe('dead');
  });

  test('one that leaves is dismissed at once and stays away until it says something new', () => {
    const { table, hear } = start();
    hear({ sequence: 1 }, 'direct');
    expect(kinds(hear({ sequence: 2, state: 'left' }))).toEqual(['tell left', 'dismiss']);
    expect(kinds(hear({ sequence: 2, state: 'left' }))).toEqual([]);
    expect(stateOf(table)).toBe('left');
  });

  test('one that drains is shown so', () => {
    const { table, hear } = start();
    hear({ sequence: 1 }, 'direct');
    expect(kinds(hear({ sequence: 2, state: 'draining' }))).toEqual(['tell draining']);
    expect(stateOf(table)).toBe('draining');
  });

  test('a later boot of the same key is a restart: what was open is abandoned, and it has to answer anew', () => {
    const { table, hear } = start();
    hear({}, 'direct');
    const actions = hear({ bootId: 'boot-2', bootWallMs: 2000, sequence: 1 }, 'hello', 100);
    expect(kinds(actions)).toEqual(['abandon', 'admit', 'tell restarted', 'tell updated', 'introduce']);
    expect(stateOf(table)).toBe('seen');
    expect(kinds(hear({ sequence: 1 }, 'relayed', 200))).toEqual([]);
  });

  test('of two living boots of one key the later is refused, and told by whom', () => {
    const { table, hear } = start();
    hear({ sequence: 10 }, 'direct');
    hear({ bootId: 'boot-2', bootWallMs: 2000, sequence: 1 }, 'hello', 100);
    const actions = hear({ sequence: 11 }, 'event', 200);
    expect(actions.find(action => action.do === 'refuse')).toMatchObject({
      error: { code: 'already-exists', details: { holderBoot: 'boot-1', refusedBoot: 'boot-2' } },
    });
    expect(table.members(200)[0]?.bootId).toBe('boot-1');
    expect(kinds(hear({ bootId: 'boot-2', bootWallMs: 2000, sequence: 2 }, 'event', 300))).toEqual(['refuse']);
  });

  test('a boot that was cut off, while a later one of its key came and went, has its name back when it speaks', () => {
    const { table, hear } = start();
    const early = { bootId: 'boot-1', bootWallMs: 1000 };
    const late = { bootId: 'boot-2', bootWallMs: 2000 };
    hear({ ...early, sequence: 5 }, 'direct');
    table.tick(6000);
    hear(late, 'direct', 7000);
    hear({ ...late, sequence: 2, state: 'left' }, 'event', 8000);
    hear({ ...early, sequence: 5 }, 'hello', 9000);
    expect(table.members(9000)[0]).toMatchObject({ state: 'left' });
    const actions = hear({ ...early, sequence: 6 }, 'direct', 9000);
    expect(kinds(actions)).toEqual(['admit', 'tell alive', 'introduce']);
    expect(table.members(9000)[0]).toMatchObject({ state: 'alive', advert: early });
  });

  test('another key for a living name is refused naming both keys, and may have the name after its death', () => {
    const { table, hear } = start();
    hear({}, 'direct');
    const refusal = hear({ publicKey: 'key-b', bootId: 'boot-b' }, 'hello', 100);
    expect(kinds(refusal)).toEqual(['refuse']);
    expect(refusal[0]).toMatchObject({ error: { code: 'already-exists' }, place: { site: 's', node: 'peer' } });
    table.tick(7000);
    expect(kinds(hear({ publicKey: 'key-b', bootId: 'boot-b' }, 'hello', 7000))).toContain('admit');
    expect(table.members(7000)[0]?.advert.publicKey).toBe('key-b');
  });

  test('yields its own name to an earlier boot, and answers a later one', () => {
    const { hear } = start();
    const earlier = hear({ node: 'self', bootId: 'x', bootWallMs: 100 }, 'direct');
    expect(earlier).toMatchObject([{ do: 'yield', error: { code: 'already-exists' } }]);
    expect(kinds(hear({ node: 'self', bootId: 'x', bootWallMs: 900 }, 'hello'))).toEqual(['introduce']);
    expect(kinds(hear({ node: 'self', bootId: 'x', bootWallMs: 100 }, 'relayed'))).toEqual([]);
    expect(kinds(hear({ node: 'self', bootId: 'own-boot', publicKey: 'own-key' }, 'event'))).toEqual([]);
  });

  test('an edge relays adverts of edges and clouds elsewhere to its site, once, and nothing else', () => {
    const self = { node: 'self', site: 's', tier: 'edge', bootId: 'b', bootWallMs: 1, publicKey: 'k' } as const;
    const relayed = (fields: Partial<Advert>, route: AdvertRoute): boolean => {
      const { hear } = start({ self });
      return kinds(hear(fields, route)).includes('relay');
    };
    expect(relayed({ site: 'elsewhere', tier: 'cloud' }, 'event')).toBe(true);
    expect(relayed({ site: 'elsewhere', tier: 'edge' }, 'direct')).toBe(true);
    expect(relayed({ site: 'elsewhere', tier: 'cloud' }, 'relayed')).toBe(false);
    expect(relayed({ site: 'elsewhere', tier: 'device' }, 'event')).toBe(false);
    expect(relayed({ site: 's', tier: 'cloud' }, 'event')).toBe(false);
  });

  test('a full table refuses newcomers but gives up the dead', () => {
    const { table, hear } = start({ maxMembers: 2 });
    hear({ node: 'a' }, 'direct', 0);
    hear({ node: 'b' }, 'direct', 5000);
    expect(kinds(hear({ node: 'c' }, 'hello', 5000))).toEqual([]);
    expect(table.counters.overflow).toBe(1);
    table.tick(6000);
    expect(kinds(hear({ node: 'c' }, 'hello', 6000))).toContain('forget');
    expect(table.members(6000).map(member => member.node)).toEqual(['b', 'c']);
  });

  test('whatever comes in whatever order, the table stays bounded and every boot only moves forward', () => {
    const step = fc.record({
      node: fc.constantFrom('a', 'b', 'c', 'self'),
      bootId: fc.constantFrom('1' as const, '2' as const),
      publicKey: fc.constantFrom('k', 'l'),
      sequence: fc.nat(5),
      state: fc.constantFrom('ready' as const, 'draining' as const, 'left' as const),
    });
    const bootWallsMs = fc.record({ 1: fc.nat(2), 2: fc.nat(2) }); // a boot happens at one moment
    const route = fc.constantFrom<AdvertRoute>('hello', 'event', 'direct', 'relayed');
    fc.assert(
      fc.property(bootWallsMs, fc.array(fc.tuple(step, route, fc.nat(4000)), { maxLength: 60 }), (wallsMs, steps) => {
        const { table, hear } = start({ maxMembers: 2 });
        let nowMs = 0;
        const last = new Map<string, number>();
        for (const [fields, via, waitMs] of steps) {
          nowMs += waitMs;
          for (const action of table.tick(nowMs)) if (action.do === 'forget') last.clear();
          const said = { ...fields, bootWallMs: wallsMs[fields.bootId] };
          for (const action of hear(said, via, nowMs)) if (action.do === 'forget') last.clear();
          expect(table.members(nowMs).length).toBeLessThanOrEqual(2);
          for (const { node, bootId, fingerprint, advert } of table.members(nowMs)) {
            const key = `${node} ${bootId} ${fingerprint}`;
            expect(advert.sequence).toBeGreaterThanOrEqual(last.get(key) ?? 0);
            last.set(key, advert.sequence);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
