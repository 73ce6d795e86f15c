// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { sampleAdvert } from '../test/sample-advert.ts';
import type { MemberState } from './member.ts';
import { createEntry, type MemberEntry } from './member-entry.ts';
import { createMemberTable } from './member-table.ts';

function entryOf(node: string, state: MemberState, heardMs: number): MemberEntry {
  const entry = createEntry({ advert: sampleAdvert({ node }), signedBytes: new Uint8Array() }, heardMs);
  entry.state = state;
  return entry;
}

describe('a full member table', () => {
  test('gives the place of whoever is gone the longest to a newcomer', () => {
    const table = createMemberTable(3);
    table.enter(entryOf('alive', 'alive', 1));
    table.enter(entryOf('dead', 'dead', 3));
    table.enter(entryOf('left', 'left', 2));
    expect(table.enter(entryOf('one', 'seen', 9))).toEqual({ entered: true, evicted: 'left' });
    expect(table.enter(entryOf('two', 'seen', 9))).toEqual({ entered: true, evicted: 'dead' });
    expect(table.entries().map(entry => entry.advert.node)).toEqual(['alive', 'one', 'two']);
  });

  test('has no place for a newcomer while nobody is gone, and one again when somebody is taken out', () => {
    const table = createMemberTable(1);
    table.enter(entryOf('suspect', 'suspect', 1));
    expect(table.enter(entryOf('late', 'seen', 9))).toEqual({ entered: false });
    expect(table.get('late')).toBeUndefined();
    table.remove('suspect');
    expect(table.enter(entryOf('late', 'seen', 9))).toEqual({ entered: true });
  });
});
