// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { MemberState } from './member.ts';
import { judgeSilence } from './silence.ts';

const PATIENCE = { suspectAfterMs: 3_000, deadAfterMs: 6_000, forgetAfterMs: 60_000 };

const judge = (state: MemberState, silentMs: number, sinceAskedMs = 0) =>
  judgeSilence({ state, heardMs: 0, introducedMs: silentMs - sinceAskedMs }, PATIENCE, silentMs);

describe('the silence of a member', () => {
  test('makes whoever was there suspect and then dead, each at its limit', () => {
    for (const state of ['seen', 'alive', 'draining'] as const) {
      expect([2_999, 3_000, 5_999, 6_000].map(silentMs => judge(state, silentMs))).toEqual([
        ...['none', 'suspect', 'suspect', 'dead'],
      ]);
    }
    expect([3_000, 5_999, 6_000].map(silentMs => judge('suspect', silentMs))).toEqual(['none', 'none', 'dead']);
  });

  test('of the dead is asked about again and again until they are forgotten', () => {
    expect([0, 5_999, 6_000].map(sinceAskedMs => judge('dead', 30_000, sinceAskedMs))).toEqual(['none', 'none', 'ask']);
    expect([59_999, 60_000].map(silentMs => judge('dead', silentMs, 9_000))).toEqual(['ask', 'forget']);
  });

  test('of one that left is nobody’s concern until it is forgotten', () => {
    expect([59_999, 60_000].map(silentMs => judge('left', silentMs, 9_000))).toEqual(['none', 'forget']);
  });
});
