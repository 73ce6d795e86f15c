// SPDX-License-Identifier: Apache-2.0
//
// Sessions that leave one engine and arrive in another, before and in the middle of an answer.
import { beforeAll, describe, expect, test } from 'vitest';
import type { RelayingEngine } from '../src/engine.ts';
import type { RelayState } from '../src/requests/relay-request.ts';
import { createRandomEngine } from './engines.ts';
import { EXITS, PROMPT, rowsByStage, useRelayEngines, WIDTH } from './relay-engines.ts';

/** Between an engine's own states and those of another whose trunk is cut elsewhere. */
const TOLERANCE = 1e-4;

const engines = useRelayEngines();

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
  await engines.whole.open({ session: 'sender', prompt: PROMPT });
  const { tokens: before } = await engines.whole.draft({ session: 'sender', exit: layer, base: 0, count: base });
  await receiver.open({ session: 'receiver', prompt: PROMPT, answer: before });
  const made: number[] = [];
  let held = 0;
  while (made.length < count) {
    const given = made.slice(-1);
    const read = { session: 'sender', layer, base: base + made.length - given.length, given, from: held };
    const state = await engines.whole.readState({ ...read, includeCache: false });
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
  await engines.whole.open({ session, prompt: PROMPT });
  await engines.whole.draft({ session, exit: layer, base: 0, count: base });
  const made: number[] = [];
  for (let held = 0; made.length < count; held = PROMPT.length + base + made.length - 1) {
    const state = await engines.whole.readState({
      session,
      layer,
      base: base + made.length,
      from: held,
      includeCache: false,
    });
    await engines.whole.writeState(session, { ...state, hidden: round(state.hidden) });
    made.push(...(await engines.whole.draft({ session, exit, base: base + made.length, count: 1 })).tokens);
  }
  return made;
}

const routes = EXITS.flatMap(from => EXITS.filter(to => to >= from).map(to => [from, to] as const));

describe.each(routes)('from exit %i to exit %i', (from, to) => {
  test.each([0, 9])(
    'after %i tokens, an engine without the layers below says what one engine alone says',
    async base => {
      const receiver = engines.upper(from);
      const made = await relayed({ from, to, base, count: 12, round: exactly, receiver });
      await engines.whole.open({ session: 'alone', prompt: PROMPT });
      await engines.whole.draft({ session: 'alone', exit: from, base: 0, count: base });
      const alone = await engines.whole.draft({ session: 'alone', exit: to, base, count: 12 });
      expect(made).toEqual(alone.tokens);
    },
  );

  test.each([
    ['half floats', toHalf],
    ['int8', toInt8],
  ] as const)('as %s, equals the same mix in one session', async (_, round) => {
    const plan = { from, to, base: 5, count: 12, round, receiver: engines.upper(from) };
    expect(await relayed(plan)).toEqual(await inOneSession(plan));
  });
});

test('a block drafted below and judged above, on the states that its drafter computed, gets the verdict of one engine', async () => {
  for (const [from, to] of routes.filter(route => route[0] < route[1])) {
    const receiver = engines.upper(from);
    await engines.whole.open({ session: 'drafter', prompt: PROMPT });
    await receiver.open({ session: 'judge', prompt: PROMPT });
    await engines.whole.open({ session: 'alone', prompt: PROMPT });
    let base = 0;
    for (let round = 0, held = 0; round < 6; round++) {
      const { tokens } = await engines.whole.draft({ session: 'drafter', exit: from, base, count: 1 + 2 * round });
      const read = { session: 'drafter', layer: from, base: base + tokens.length, from: held, includeCache: false };
      const state = await engines.whole.readState(read);
      await receiver.draft({ session: 'judge', exit: to, base, given: tokens, count: 0 });
      await receiver.writeState('judge', state);
      const { computeMs: _, ...verdict } = await receiver.verify({ session: 'judge', exit: to, base, tokens });
      const { computeMs: __, ...alone } = await engines.whole.verify({ session: 'alone', exit: to, base, tokens });
      expect(verdict).toMatchObject({ accepted: alone.accepted, correction: alone.correction });
      const decided = [...tokens.slice(0, verdict.accepted), verdict.correction!];
      held = PROMPT.length + base + verdict.accepted;
      base += decided.length;
      await engines.whole.draft({
        session: 'drafter',
        exit: from,
        base: base - decided.length,
        given: decided,
        count: 0,
      });
    }
  }
});

describe('what an engine computes after it received states', () => {
  const layer = 3;
  const count = 20;
  let answer: readonly number[];
  let state: RelayState;

  beforeAll(async () => {
    await engines.whole.open({ session: 'sender', prompt: PROMPT });
    answer = (await engines.whole.draft({ session: 'sender', exit: 1, base: 0, count: 6 })).tokens;
    state = await engines.whole.readState({ session: 'sender', layer, base: 6, from: 0, includeCache: true });
  });

  const goOn = async (received: RelayState) => {
    await engines.whole.open({ session: 'arrived', prompt: PROMPT, answer });
    const before = { rows: await rowsByStage(engines.whole), ...(await engines.whole.status()) };
    await engines.whole.writeState('arrived', received);
    const first = await engines.whole.draft({ session: 'arrived', exit: 4, base: 6, count: 1 });
    const middle = await rowsByStage(engines.whole);
    const { tokens } = await engines.whole.draft({ session: 'arrived', exit: 4, base: 7, count: count - 1 });
    const after = { rows: await rowsByStage(engines.whole), ...(await engines.whole.status()) };
    await engines.whole.open({ session: 'alone', prompt: PROMPT, answer });
    const alone = await engines.whole.draft({ session: 'alone', exit: 4, base: 6, count });
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
    await engines.whole.open({ session: 'reader', prompt: PROMPT, answer });
    const before = await rowsByStage(engines.whole);
    const read = await engines.whole.readState({ session: 'reader', layer, base: 6, from: 130, includeCache: false });
    const after = await rowsByStage(engines.whole);
    expect(read.rows).toBe(PROMPT.length + 6 - 130);
    const rose = Object.keys(after).filter(id => after[id] !== before[id]);
    expect(rose).toEqual(['trunk-0-1', 'trunk-1-3']);
  });

  test('is everything below an exit under the layer, once that one is asked', async () => {
    await engines.whole.open({ session: 'shallow', prompt: PROMPT, answer });
    await engines.whole.writeState('shallow', state);
    const alone = await (async () => {
      await engines.whole.open({ session: 'alone', prompt: PROMPT, answer });
      return engines.whole.draft({ session: 'alone', exit: 1, base: 6, count: 9 });
    })();
    await engines.whole.draft({ session: 'shallow', exit: 4, base: 6, count: 4 });
    const { tokens } = await engines.whole.draft({ session: 'shallow', exit: 1, base: 6, count: 9 });
    expect(tokens).toEqual(alone.tokens);
  });
});

describe('states', () => {
  test('of engines whose trunk is cut elsewhere are equal within a tolerance', async () => {
    const single = await createRandomEngine(engines.workspace, {}, { exits: [4] });
    const states = await Promise.all(
      [engines.whole, single].map(async engine => {
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
    await engines.whole.open({ session: 'sender', prompt: PROMPT });
    const state = await engines.whole.readState({ session: 'sender', layer: 1, base: 0, from: 0, includeCache: false });
    const middle = engines.upper(1);
    await middle.open({ session: 'middle', prompt: PROMPT });
    await middle.writeState('middle', { ...state, canonicalRows: 100 });
    const onward = await middle.readState({ session: 'middle', layer: 3, base: 0, from: 40, includeCache: false });
    const direct = await engines.whole.readState({
      session: 'sender',
      layer: 3,
      base: 0,
      from: 40,
      includeCache: false,
    });
    expect(onward.hidden).toEqual(direct.hidden);
    expect([direct.canonicalRows, onward.canonicalRows]).toEqual([91, 60]);
  });

  test('say which rows were computed within a block of the answer', async () => {
    await engines.whole.open({ session: 'blocks', prompt: PROMPT, answer: [7, 8, 9] });
    const read = { session: 'blocks', layer: 1, from: 0, includeCache: false };
    const block = await engines.whole.readState({ ...read, base: 3 });
    expect(block.canonicalRows).toBe(PROMPT.length);
    await engines.whole.open({ session: 'blocks', prompt: PROMPT });
    const { tokens } = await engines.whole.draft({ session: 'blocks', exit: 1, base: 0, count: 3 });
    const drafted = await engines.whole.readState({ ...read, base: 3 });
    expect([tokens.length, drafted.canonicalRows]).toEqual([3, PROMPT.length + 3]);
  });
});

describe('rolled back after a relay', () => {
  test('an answer goes on as if the rows had never gone further, and states are asked for again from there', async () => {
    const receiver = engines.upper(1);
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
    await engines.whole.open({ session: 'sender', prompt: PROMPT, answer: [7, 8, 9, 10] });
    const read = { session: 'sender', layer: 1, base: 4, includeCache: false };
    const all = await engines.whole.readState({ ...read, from: 0 });
    const tail = await engines.whole.readState({ ...read, from: 70 });
    const receiver = engines.upper(1);
    await receiver.open({ session: 'again', prompt: PROMPT, answer: [7, 8, 9, 10] });
    await receiver.writeState('again', {
      ...all,
      hidden: all.hidden.map((value, index) => (index < 70 * WIDTH ? value : -value)),
    });
    const wrong = await receiver.draft({ session: 'again', exit: 4, base: 4, count: 1 });
    await receiver.draft({ session: 'again', exit: 4, base: 0, given: [7, 8, 9, 10], count: 0 });
    await receiver.writeState('again', tail);
    const right = await receiver.draft({ session: 'again', exit: 4, base: 4, count: 1 });
    await engines.whole.open({ session: 'alone', prompt: PROMPT, answer: [7, 8, 9, 10] });
    const alone = await engines.whole.draft({ session: 'alone', exit: 4, base: 4, count: 1 });
    expect(right).toMatchObject({ tokens: alone.tokens });
    expect(right.margins[0]).toBeCloseTo(alone.margins[0]!, 4);
    expect(wrong.margins[0]).not.toBeCloseTo(alone.margins[0]!, 4);
  });
});
