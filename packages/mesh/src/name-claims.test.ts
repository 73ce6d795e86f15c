// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { sampleAdvert } from '../test/sample-advert.ts';
import type { AdvertRoute } from './advert-reader.ts';
import { judgeClaim, judgeOwnName, type NameHolder } from './name-claims.ts';

const HELD: Partial<Advert> = { publicKey: 'key-a', bootId: 'boot-2', bootWallMs: 2000, sequence: 5 };
const EARLIER: Partial<Advert> = { ...HELD, bootId: 'boot-1', bootWallMs: 1000 };
const LATER: Partial<Advert> = { ...HELD, bootId: 'boot-3', bootWallMs: 3000 };

const holder = (fields: Partial<NameHolder> = {}): NameHolder => ({
  advert: sampleAdvert(HELD),
  state: 'alive',
  previous: undefined,
  duplicateBootId: undefined,
  ...fields,
});
const judge = (claim: Partial<Advert>, of: Partial<NameHolder> = {}, route: AdvertRoute = 'event') =>
  judgeClaim(holder(of), { advert: sampleAdvert(claim), route });
const previous = { advert: sampleAdvert({ ...EARLIER, sequence: 9 }), signedBytes: new Uint8Array() };

describe('a claim to a name', () => {
  test('of the holder itself counts unless it is older than what is known', () => {
    expect([4, 5, 6].map(sequence => judge({ ...HELD, sequence }))).toEqual(['stale', 'update', 'update']);
  });

  test('of another key is refused while the holder lives, and succeeds it afterwards', () => {
    const states = ['seen', 'alive', 'draining', 'suspect', 'dead', 'left'] as const;
    expect(states.map(state => judge({ ...HELD, publicKey: 'key-b' }, { state }))).toEqual([
      ...['refuse', 'refuse', 'refuse', 'refuse'],
      ...['succeed', 'succeed'],
    ]);
  });

  test('of a later boot is a restart, and nothing when that boot has ended already', () => {
    expect(judge(LATER)).toBe('restart');
    expect(judge({ ...LATER, state: 'left' })).toBe('ignore');
  });

  test('of an earlier boot is stale unless it says something new in its own words', () => {
    expect(judge({ ...EARLIER, sequence: 10 })).toBe('stale');
    expect(judge({ ...EARLIER, sequence: 9 }, { previous })).toBe('stale');
    expect(judge({ ...EARLIER, sequence: 10 }, { previous })).toBe('survive');
    expect(judge({ ...EARLIER, sequence: 10 }, { previous }, 'relayed')).toBe('stale');
    expect(judge({ ...EARLIER, sequence: 10, state: 'left' }, { previous })).toBe('stale');
    expect(judge({ ...EARLIER, bootId: 'boot-0', sequence: 10 }, { previous })).toBe('stale');
  });

  test('of a boot that was found to be a duplicate is refused while the holder lives', () => {
    const duplicateBootId = LATER.bootId;
    expect(judge(LATER, { duplicateBootId })).toBe('refuse');
    expect(judge(LATER, { duplicateBootId, state: 'dead' })).toBe('restart');
  });

  test('is judged between boots of the same moment by their ids', () => {
    expect(judge({ ...HELD, bootId: 'boot-1' })).toBe('stale');
    expect(judge({ ...HELD, bootId: 'boot-3' })).toBe('restart');
  });
});

describe('a claim to our own name', () => {
  const self = { bootId: 'own', bootWallMs: 2000, publicKey: 'key-a' };
  const judgeOwn = (claim: Partial<Advert>, route: AdvertRoute = 'hello') =>
    judgeOwnName(self, { advert: sampleAdvert(claim), route });

  test('is none when our own words come back, when others pass it on, and when the claimant goes', () => {
    expect(judgeOwn(self)).toBe('ignore');
    expect(judgeOwn(EARLIER, 'relayed')).toBe('ignore');
    expect(judgeOwn({ ...EARLIER, state: 'left' })).toBe('ignore');
  });

  test('is answered when the claimant booted later, and ends us when it booted earlier', () => {
    expect(judgeOwn(LATER)).toBe('answer');
    expect(judgeOwn(EARLIER)).toBe('yield');
    expect(judgeOwn({ ...self, publicKey: 'key-b' })).toBe('yield');
  });
});
