// SPDX-License-Identifier: Apache-2.0
//
// States that an engine does not take, and states that it does not give.
import { describe, expect, test } from 'vitest';
import type { RelayState } from '../src/requests/relay-request.ts';
import { createRandomEngine } from './engines.ts';
import { PROMPT, rowsByStage, useRelayEngines, WIDTH } from './relay-engines.ts';

const engines = useRelayEngines();

describe('refuses, and leaves the session as it was', () => {
  const spoiled = (state: RelayState, index: number, value: number): Float32Array => state.hidden.with(index, value);
  const cases: [string, (state: RelayState) => Partial<RelayState>, string, string][] = [
    [
      'a gap in positions',
      () => ({ from: 12 }),
      'failed-precondition',
      'lacks the states of positions 10 to 11 before layer 1',
    ],
    [
      'rows of the wrong width',
      s => ({ hidden: s.hidden.subarray(1) }),
      'invalid-argument',
      'hidden holds 159 values, 5 rows of 32 are 160',
    ],
    ['other than floats', () => ({ hidden: [1] as never }), 'invalid-argument', 'hidden holds 1 values'],
    ['no rows', () => ({ rows: 0, hidden: new Float32Array(0) }), 'invalid-argument', 'rows is 0'],
    [
      'a value that is not a number',
      s => ({ hidden: spoiled(s, 3 * WIDTH, Number.NaN) }),
      'invalid-argument',
      'hidden holds NaN at position 13',
    ],
    [
      'an infinite value',
      s => ({ hidden: spoiled(s, 0, -Infinity) }),
      'invalid-argument',
      'hidden holds -Infinity at position 10',
    ],
    ['a layer without an exit', () => ({ layer: 2 }), 'not-found', 'layer 2 is no cut of this engine: it has 1, 3, 4'],
    [
      'positions without tokens',
      () => ({ rows: 6, hidden: new Float32Array(6 * WIDTH), canonicalRows: 0 }),
      'failed-precondition',
      'holds 15 tokens',
    ],
    [
      'more canonical rows than rows',
      () => ({ canonicalRows: 6 }),
      'invalid-argument',
      'canonicalRows is 6, expected 0 to 5',
    ],
    ['a cache of the wrong size', () => ({ cache: new Float32Array(8) }), 'invalid-argument', 'cache holds 8 values'],
    [
      'a cache that is not finite',
      () => ({ cache: new Float32Array(2 * 5 * WIDTH).fill(Number.NaN) }),
      'invalid-argument',
      'cache holds NaN at position 10',
    ],
    ['a position below 0', () => ({ from: -1 }), 'invalid-argument', 'from is -1'],
  ];
  test.each(cases)('%s', async (_, change, code, message) => {
    const prompt = PROMPT.slice(0, 15);
    await engines.whole.open({ session: 'sender', prompt });
    const read = { session: 'sender', layer: 1, base: 0 };
    const begin = await engines.whole.readState({ ...read, from: 0, includeCache: true });
    const state = await engines.whole.readState({ ...read, from: 10, includeCache: false });
    await engines.whole.open({ session: 'taker', prompt });
    const keep = 10 * WIDTH;
    const cache = new Float32Array([
      ...begin.cache!.subarray(0, keep),
      ...begin.cache!.subarray(15 * WIDTH, 15 * WIDTH + keep),
    ]);
    await engines.whole.writeState('taker', {
      ...begin,
      rows: 10,
      canonicalRows: 10,
      hidden: begin.hidden.subarray(0, keep),
      cache,
    });
    const bad = engines.whole.writeState('taker', { ...state, ...change(state) });
    await expect(bad).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    const rows = await rowsByStage(engines.whole);
    await engines.whole.writeState('taker', state);
    const { tokens } = await engines.whole.draft({ session: 'taker', exit: 4, base: 0, count: 1 });
    await engines.whole.open({ session: 'alone', prompt });
    expect(tokens).toEqual((await engines.whole.draft({ session: 'alone', exit: 4, base: 0, count: 1 })).tokens);
    expect((await rowsByStage(engines.whole))['trunk-0-1']! - rows['trunk-0-1']!).toBe(15);
  });

  test('states for a session that is not held', async () => {
    await engines.whole.open({ session: 'sender', prompt: PROMPT });
    const state = await engines.whole.readState({ session: 'sender', layer: 1, base: 0, from: 0, includeCache: false });
    await expect(engines.whole.writeState('nobody', state)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('to read past the last token', async () => {
    await engines.whole.open({ session: 'sender', prompt: PROMPT });
    const read = { session: 'sender', layer: 1, base: 0, from: PROMPT.length, includeCache: false };
    await expect(engines.whole.readState(read)).rejects.toMatchObject({
      code: 'out-of-range',
      message: 'from is 131, session sender holds 131 tokens',
    });
  });

  test('keys and values of layers that are not loaded, to give and to take', async () => {
    const receiver = engines.upper(3);
    await engines.whole.open({ session: 'sender', prompt: PROMPT });
    await receiver.open({ session: 'high', prompt: PROMPT });
    const state = await engines.whole.readState({ session: 'sender', layer: 3, base: 0, from: 0, includeCache: true });
    const named = { code: 'failed-precondition', details: { layer: '3', fromLayer: '3' } };
    await expect(receiver.writeState('high', state)).rejects.toMatchObject(named);
    const { cache: _, ...without } = state;
    await receiver.writeState('high', without);
    const read = { session: 'high', layer: 3, base: 0, from: 0, includeCache: true };
    await expect(receiver.readState(read)).rejects.toMatchObject(named);
  });

  test('to measure bits without the layers below; time is measured on made-up states', async () => {
    const receiver = engines.upper(3);
    await expect(receiver.measureBits({ exit: 4, ids: PROMPT })).rejects.toMatchObject({ code: 'failed-precondition' });
    const [point] = await receiver.measureVerifyCurve({ exit: 4, tokens: [4], repeats: 1 });
    expect(point!.ms).toBeGreaterThan(0);
  });

  test('an engine from a layer between exits, or above one of its exits', async () => {
    const at = (fromLayer: number, exits: number[]) => createRandomEngine(engines.workspace, {}, { fromLayer, exits });
    await expect(at(2, [3])).rejects.toMatchObject({ code: 'not-found' });
    await expect(at(3, [1, 4])).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
