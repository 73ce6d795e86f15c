// SPDX-License-Identifier: Apache-2.0
//
// Sessions that leave one engine and arrive in another, before and in the middle of an answer.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RelayingEngine, RelayState } from '../src/engine.ts';
import { createRandomEngine, createWorkspace, type Workspace } from './engines.ts';

const EXITS = [1, 3, 4];
const WIDTH = 32;
/** Past two prefill blocks and into a third. */
const PROMPT = Array.from({ length: 131 }, (_, index) => 4 + ((index * 37) % 256));
/** Between an engine's own states and those of another whose trunk is cut elsewhere. */
const TOLERANCE = 1e-4;

let workspace: Workspace;
let whole: RelayingEngine;
/** By the layer from which they hold the trunk. */
const upper = new Map<number, RelayingEngine>();

beforeAll(async () => {
  workspace = await createWorkspace();
  whole = await createRandomEngine(workspace);
  for (const fromLayer of EXITS) {
    const exits = EXITS.filter(exit => exit >= fromLayer);
    upper.set(fromLayer, await createRandomEngine(workspace, {}, { exits, fromLayer }));
  }
}, 60_000);

afterAll(async () => {
  for (const engine of [whole, ...upper.values()]) await engine[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

type Rounding = (rows: Float32Array) => Float32Array;

const exactly: Rounding = rows => rows;

/** 11 bits of precision, as half floats have. */
const toHalf: Rounding = rows =>
  rows.map(value => {
    const step = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
    return Math.round(value / step) * step;
  });

const toInt8: Rounding = rows => {
  const rounded = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += WIDTH) {
    const row = rows.subarray(start, start + WIDTH);
    const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
    for (let column = 0; column < WIDTH; column++) rounded[start + column] = Math.round(row[column]! / scale) * scale;
  }
  return rounded;
};

interface Relay {
  readonly from: number;
  readonly to: number;
  /** Answer tokens that the sender's exit has drafted before. */
  readonly base: number;
  readonly count: number;
  readonly round: Rounding;
  readonly receiver: RelayingEngine;
}

/** Token by token: the sender computes the trunk of each token that the receiver decides. */
async function relayed({ from: layer, to: exit, base, count, round, receiver }: Relay): Promise<readonly number[]> {
  await whole.open({ session: 'sender', prompt: PROMPT });
  const { tokens: before } = await whole.draft({ session: 'sender', exit: layer, base: 0, count: base });
  await receiver.open({ session: 'receiver', prompt: PROMPT, answer: before });
  const made: number[] = [];
  let held = 0;
  while (made.length < count) {
    const given = made.slice(-1);
    const read = { session: 'sender', layer, base: base + made.length - given.length, given, from: held };
    const state = await whole.readState({ ...read, includeCache: false });
    await receiver.writeState('receiver', { ...state, hidden: round(state.hidden) });
    held += state.rows;
    const { tokens } = await receiver.draft({ session: 'receiver', exit, base: base + made.length, count: 1 });
    made.push(...tokens);
  }
  return made;
}

/** The same in one session: its own states are rounded in their log before anything above them is computed. */
async function inOneSession({ from: layer, to: exit, base, count, round }: Relay): Promise<readonly number[]> {
  const session = 'mixed';
  await whole.open({ session, prompt: PROMPT });
  await whole.draft({ session, exit: layer, base: 0, count: base });
  const made: number[] = [];
  for (let held = 0; made.length < count; held = PROMPT.length + base + made.length - 1) {
    const state = await whole.readState({ session, layer, base: base + made.length, from: held, includeCache: false });
    await whole.writeState(session, { ...state, hidden: round(state.hidden) });
    made.push(...(await whole.draft({ session, exit, base: base + made.length, count: 1 })).tokens);
  }
  return made;
}

const routes = EXITS.flatMap(from => EXITS.filter(to => to >= from).map(to => [from, to] as const));

async function rowsByStage(engine: RelayingEngine): Promise<Record<string, number>> {
  const { stages } = await engine.status();
  return Object.fromEntries(stages.map(({ id, rows }) => [id.replace(/-rung-.*/, ''), rows]));
}

describe.each(routes)('from exit %i to exit %i', (from, to) => {
  test.each([0, 9])(
    'after %i tokens, an engine without the layers below says what one engine alone says',
    async base => {
      const receiver = upper.get(from)!;
      const made = await relayed({ from, to, base, count: 12, round: exactly, receiver });
      await whole.open({ session: 'alone', prompt: PROMPT });
      await whole.draft({ session: 'alone', exit: from, base: 0, count: base });
      const alone = await whole.draft({ session: 'alone', exit: to, base, count: 12 });
      expect(made).toEqual(alone.tokens);
    },
  );

  test.each([
    ['half floats', toHalf],
    ['int8', toInt8],
  ] as const)('as %s, equals the same mix in one session', async (_, round) => {
    const plan = { from, to, base: 5, count: 12, round, receiver: upper.get(from)! };
    expect(await relayed(plan)).toEqual(await inOneSession(plan));
  });
});

test('a block drafted below and judged above, on the states that its drafter computed, gets the verdict of one engine', async () => {
  for (const [from, to] of routes.filter(route => route[0] < route[1])) {
    const receiver = upper.get(from)!;
    await whole.open({ session: 'drafter', prompt: PROMPT });
    await receiver.open({ session: 'judge', prompt: PROMPT });
    await whole.open({ session: 'alone', prompt: PROMPT });
    let base = 0;
    for (let round = 0, held = 0; round < 6; round++) {
      const { tokens } = await whole.draft({ session: 'drafter', exit: from, base, count: 1 + 2 * round });
      const read = { session: 'drafter', layer: from, base: base + tokens.length, from: held, includeCache: false };
      const state = await whole.readState(read);
      await receiver.draft({ session: 'judge', exit: to, base, given: tokens, count: 0 });
      await receiver.writeState('judge', state);
      const { computeMs: _, ...verdict } = await receiver.verify({ session: 'judge', exit: to, base, tokens });
      const { computeMs: __, ...alone } = await whole.verify({ session: 'alone', exit: to, base, tokens });
      expect(verdict).toMatchObject({ accepted: alone.accepted, correction: alone.correction });
      const decided = [...tokens.slice(0, verdict.accepted), verdict.correction!];
      held = PROMPT.length + base + verdict.accepted;
      base += decided.length;
      await whole.draft({ session: 'drafter', exit: from, base: base - decided.length, given: decided, count: 0 });
    }
  }
});

describe('what an engine computes after it received states', () => {
  const layer = 3;
  const count = 20;
  let answer: readonly number[];
  let state: RelayState;

  beforeAll(async () => {
    await whole.open({ session: 'sender', prompt: PROMPT });
    answer = (await whole.draft({ session: 'sender', exit: 1, base: 0, count: 6 })).tokens;
    state = await whole.readState({ session: 'sender', layer, base: 6, from: 0, includeCache: true });
  });

  const goOn = async (received: RelayState) => {
    await whole.open({ session: 'arrived', prompt: PROMPT, answer });
    const before = { rows: await rowsByStage(whole), ...(await whole.status()) };
    await whole.writeState('arrived', received);
    const first = await whole.draft({ session: 'arrived', exit: 4, base: 6, count: 1 });
    const middle = await rowsByStage(whole);
    const { tokens } = await whole.draft({ session: 'arrived', exit: 4, base: 7, count: count - 1 });
    const after = { rows: await rowsByStage(whole), ...(await whole.status()) };
    await whole.open({ session: 'alone', prompt: PROMPT, answer });
    const alone = await whole.draft({ session: 'alone', exit: 4, base: 6, count });
    expect([...first.tokens, ...tokens]).toEqual(alone.tokens);
    const since = (rows: Record<string, number>) => (id: string) => rows[id]! - before.rows[id]!;
    return { early: since(middle), late: since(after.rows), refilled: after.refilledRows - before.refilledRows };
  };

  test('is nothing below the layer for these rows, and with keys and values nothing later either', async () => {
    const { early, late, refilled } = await goOn(state);
    expect(['trunk-0-1', 'trunk-1-3', 'exit-1', 'trunk-3-4'].map(early)).toEqual([0, 0, 0, state.rows]);
    expect(['trunk-0-1', 'trunk-1-3', 'exit-1'].map(late)).toEqual([count - 1, count - 1, 0]);
    expect(refilled).toBe(0);
  });

  test('without keys and values is what lies below, from the ids, once it goes on alone; the rows are counted', async () => {
    const { cache: _, ...without } = state;
    const { early, late, refilled } = await goOn(without);
    expect(['trunk-0-1', 'trunk-1-3'].map(early)).toEqual([0, 0]);
    expect(['trunk-0-1', 'trunk-1-3'].map(late)).toEqual([state.rows + count - 1, state.rows + count - 1]);
    expect(refilled).toBe(state.rows);
  });

  test('is the trunk alone where it hands states on', async () => {
    await whole.open({ session: 'reader', prompt: PROMPT, answer });
    const before = await rowsByStage(whole);
    const read = await whole.readState({ session: 'reader', layer, base: 6, from: 130, includeCache: false });
    const after = await rowsByStage(whole);
    expect(read.rows).toBe(PROMPT.length + 6 - 130);
    const rose = Object.keys(after).filter(id => after[id] !== before[id]);
    expect(rose).toEqual(['trunk-0-1', 'trunk-1-3']);
  });

  test('is everything below an exit under the layer, once that one is asked', async () => {
    await whole.open({ session: 'shallow', prompt: PROMPT, answer });
    await whole.writeState('shallow', state);
    const alone = await (async () => {
      await whole.open({ session: 'alone', prompt: PROMPT, answer });
      return whole.draft({ session: 'alone', exit: 1, base: 6, count: 9 });
    })();
    await whole.draft({ session: 'shallow', exit: 4, base: 6, count: 4 });
    const { tokens } = await whole.draft({ session: 'shallow', exit: 1, base: 6, count: 9 });
    expect(tokens).toEqual(alone.tokens);
  });
});

describe('states', () => {
  test('of engines whose trunk is cut elsewhere are equal within a tolerance', async () => {
    const single = await createRandomEngine(workspace, {}, { exits: [4] });
    const states = await Promise.all(
      [whole, single].map(async engine => {
        await engine.open({ session: 'cut', prompt: PROMPT });
        return engine.readState({ session: 'cut', layer: 4, base: 0, from: 0, includeCache: true });
      }),
    );
    await single[Symbol.asyncDispose]();
    for (const part of ['hidden', 'cache'] as const) {
      const [one, other] = states.map(state => state[part]!);
      expect(one!.length).toBe(other!.length);
      expect(Math.max(...one!.map((value, index) => Math.abs(value - other![index]!)))).toBeLessThan(TOLERANCE);
    }
  });

  test('pass through a third engine as they came', async () => {
    await whole.open({ session: 'sender', prompt: PROMPT });
    const state = await whole.readState({ session: 'sender', layer: 1, base: 0, from: 0, includeCache: false });
    const middle = upper.get(1)!;
    await middle.open({ session: 'middle', prompt: PROMPT });
    await middle.writeState('middle', { ...state, canonicalRows: 100 });
    const onward = await middle.readState({ session: 'middle', layer: 3, base: 0, from: 40, includeCache: false });
    const direct = await whole.readState({ session: 'sender', layer: 3, base: 0, from: 40, includeCache: false });
    expect(onward.hidden).toEqual(direct.hidden);
    expect([direct.canonicalRows, onward.canonicalRows]).toEqual([91, 60]);
  });

  test('say which rows were computed within a block of the answer', async () => {
    await whole.open({ session: 'blocks', prompt: PROMPT, answer: [7, 8, 9] });
    const read = { session: 'blocks', layer: 1, from: 0, includeCache: false };
    const block = await whole.readState({ ...read, base: 3 });
    expect(block.canonicalRows).toBe(PROMPT.length);
    await whole.open({ session: 'blocks', prompt: PROMPT });
    const { tokens } = await whole.draft({ session: 'blocks', exit: 1, base: 0, count: 3 });
    const drafted = await whole.readState({ ...read, base: 3 });
    expect([tokens.length, drafted.canonicalRows]).toEqual([3, PROMPT.length + 3]);
  });
});

describe('rolled back after a relay', () => {
  test('an answer goes on as if the rows had never gone further, and states are asked for again from there', async () => {
    const receiver = upper.get(1)!;
    const made = await relayed({ from: 1, to: 4, base: 0, count: 10, round: exactly, receiver });
    await receiver.draft({ session: 'receiver', exit: 4, base: 4, given: [99], count: 0 });
    const lacking = receiver.draft({ session: 'receiver', exit: 4, base: 5, count: 1 });
    const position = PROMPT.length + 4;
    await expect(lacking).rejects.toMatchObject({
      code: 'failed-precondition',
      message: `session receiver lacks the states of positions ${position} to ${position} before layer 1: send them first`,
      details: { session: 'receiver', layer: '1', from: String(position), to: String(position + 1) },
    });
    const again = await receiver.draft({ session: 'receiver', exit: 4, base: 4, count: 1 });
    expect(again.tokens).toEqual([made[4]]);
  });

  test('rows sent anew replace those from the same position on', async () => {
    await whole.open({ session: 'sender', prompt: PROMPT, answer: [7, 8, 9, 10] });
    const read = { session: 'sender', layer: 1, base: 4, includeCache: false };
    const all = await whole.readState({ ...read, from: 0 });
    const tail = await whole.readState({ ...read, from: 70 });
    const receiver = upper.get(1)!;
    await receiver.open({ session: 'again', prompt: PROMPT, answer: [7, 8, 9, 10] });
    await receiver.writeState('again', {
      ...all,
      hidden: all.hidden.map((value, index) => (index < 70 * WIDTH ? value : -value)),
    });
    const wrong = await receiver.draft({ session: 'again', exit: 4, base: 4, count: 1 });
    await receiver.draft({ session: 'again', exit: 4, base: 0, given: [7, 8, 9, 10], count: 0 });
    await receiver.writeState('again', tail);
    const right = await receiver.draft({ session: 'again', exit: 4, base: 4, count: 1 });
    await whole.open({ session: 'alone', prompt: PROMPT, answer: [7, 8, 9, 10] });
    const alone = await whole.draft({ session: 'alone', exit: 4, base: 4, count: 1 });
    expect(right).toMatchObject({ tokens: alone.tokens });
    expect(right.margins[0]).toBeCloseTo(alone.margins[0]!, 4);
    expect(wrong.margins[0]).not.toBeCloseTo(alone.margins[0]!, 4);
  });
});

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
    await whole.open({ session: 'sender', prompt });
    const read = { session: 'sender', layer: 1, base: 0 };
    const begin = await whole.readState({ ...read, from: 0, includeCache: true });
    const state = await whole.readState({ ...read, from: 10, includeCache: false });
    await whole.open({ session: 'taker', prompt });
    const keep = 10 * WIDTH;
    const cache = new Float32Array([
      ...begin.cache!.subarray(0, keep),
      ...begin.cache!.subarray(15 * WIDTH, 15 * WIDTH + keep),
    ]);
    await whole.writeState('taker', {
      ...begin,
      rows: 10,
      canonicalRows: 10,
      hidden: begin.hidden.subarray(0, keep),
      cache,
    });
    const bad = whole.writeState('taker', { ...state, ...change(state) });
    await expect(bad).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    const rows = await rowsByStage(whole);
    await whole.writeState('taker', state);
    const { tokens } = await whole.draft({ session: 'taker', exit: 4, base: 0, count: 1 });
    await whole.open({ session: 'alone', prompt });
    expect(tokens).toEqual((await whole.draft({ session: 'alone', exit: 4, base: 0, count: 1 })).tokens);
    expect((await rowsByStage(whole))['trunk-0-1']! - rows['trunk-0-1']!).toBe(15);
  });

  test('states for a session that is not held', async () => {
    await whole.open({ session: 'sender', prompt: PROMPT });
    const state = await whole.readState({ session: 'sender', layer: 1, base: 0, from: 0, includeCache: false });
    await expect(whole.writeState('nobody', state)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('to read past the last token', async () => {
    await whole.open({ session: 'sender', prompt: PROMPT });
    const read = { session: 'sender', layer: 1, base: 0, from: PROMPT.length, includeCache: false };
    await expect(whole.readState(read)).rejects.toMatchObject({
      code: 'out-of-range',
      message: 'from is 131, session sender holds 131 tokens',
    });
  });

  test('keys and values of layers that are not loaded, to give and to take', async () => {
    const receiver = upper.get(3)!;
    await whole.open({ session: 'sender', prompt: PROMPT });
    await receiver.open({ session: 'high', prompt: PROMPT });
    const state = await whole.readState({ session: 'sender', layer: 3, base: 0, from: 0, includeCache: true });
    const named = { code: 'failed-precondition', details: { layer: '3', fromLayer: '3' } };
    await expect(receiver.writeState('high', state)).rejects.toMatchObject(named);
    const { cache: _, ...without } = state;
    await receiver.writeState('high', without);
    const read = { session: 'high', layer: 3, base: 0, from: 0, includeCache: true };
    await expect(receiver.readState(read)).rejects.toMatchObject(named);
  });

  test('to measure bits without the layers below; time is measured on made-up states', async () => {
    const receiver = upper.get(3)!;
    await expect(receiver.measureBits({ exit: 4, ids: PROMPT })).rejects.toMatchObject({ code: 'failed-precondition' });
    const [point] = await receiver.measureVerifyCurve({ exit: 4, tokens: [4], repeats: 1 });
    expect(point!.ms).toBeGreaterThan(0);
  });

  test('an engine from a layer between exits, or above one of its exits', async () => {
    const at = (fromLayer: number, exits: number[]) => createRandomEngine(workspace, {}, { fromLayer, exits });
    await expect(at(2, [3])).rejects.toMatchObject({ code: 'not-found' });
    await expect(at(3, [1, 4])).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
