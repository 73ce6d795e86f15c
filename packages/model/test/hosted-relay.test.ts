// SPDX-License-Identifier: Apache-2.0
//
// Relays through real host processes, from the build (`npx tsc -b packages/model`).
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ExitPolicy } from '../src/exit-policy/exit-policy.ts';
import type { RelayState } from '../src/requests/relay-request.ts';
import { createRandomEngine, createWorkspace, type Workspace } from './engines.ts';
import { startHost } from './hosts.ts';
import { createRandomFamily } from './random-family.ts';

const PROMPT = Array.from({ length: 131 }, (_, index) => 4 + ((index * 37) % 256));
const LAYER = 3;

vi.setConfig({ testTimeout: 60_000 });

let workspace: Workspace;
let truth: readonly number[];
let state: RelayState;

beforeAll(async () => {
  workspace = await createWorkspace();
  await createRandomFamily(workspace.path('family'));
  const local = await createRandomEngine(workspace);
  await local.open({ session: 's', prompt: PROMPT });
  state = await local.readState({ session: 's', layer: LAYER, base: 0, from: 0, includeCache: true });
  truth = (await local.draft({ session: 's', exit: 4, base: 0, count: 30 })).tokens;
  await local[Symbol.asyncDispose]();
});

afterAll(() => workspace[Symbol.asyncDispose]());

test('states cross the channel bit for bit, as floats, both ways', async () => {
  await using engine = await startHost(workspace);
  await engine.open({ session: 's', prompt: PROMPT });
  const read = await engine.readState({ session: 's', layer: LAYER, base: 0, from: 0, includeCache: true });
  expect(read).toEqual(state);
  expect(read.cache!.length).toBe(2 * LAYER * PROMPT.length * 32);
  await engine.open({ session: 'arrived', prompt: PROMPT });
  await engine.writeState('arrived', read);
  const { tokens } = await engine.draft({ session: 'arrived', exit: 4, base: 0, count: 30 });
  expect(tokens).toEqual(truth);
  expect(await engine.status()).toMatchObject({ receivedRows: PROMPT.length, refilledRows: 0 });
});

test('a host that died has lost what it received: one that holds all layers goes on from the ids', async () => {
  await using engine = await startHost(workspace);
  await engine.open({ session: 's', prompt: PROMPT });
  await engine.writeState('s', state);
  const { tokens } = await engine.draft({ session: 's', exit: 4, base: 0, count: 10 });
  process.kill(engine.statistics().pid!, 'SIGKILL');
  const rest = await engine.draft({ session: 's', exit: 4, base: 10, count: 20 });
  expect([...tokens, ...rest.tokens]).toEqual(truth);
  expect(engine.statistics().restarts).toBe(1);
});

test('one that does not names the positions that it lacks, and goes on once they are sent again', async () => {
  await using engine = await startHost(workspace, { exits: [4], fromLayer: LAYER });
  const { cache: _, ...features } = state;
  await engine.open({ session: 's', prompt: PROMPT });
  await engine.writeState('s', features);
  expect((await engine.draft({ session: 's', exit: 4, base: 0, count: 1 })).tokens).toEqual(truth.slice(0, 1));
  process.kill(engine.statistics().pid!, 'SIGKILL');
  const lacking = engine.draft({ session: 's', exit: 4, base: 0, count: 1 });
  await expect(lacking).rejects.toMatchObject({
    code: 'failed-precondition',
    details: { session: 's', layer: '3', from: '0', to: String(PROMPT.length) },
  });
  await expect(
    engine.writeState('s', { ...features, from: 7, rows: 1, canonicalRows: 1, hidden: new Float32Array(32) }),
  ).rejects.toMatchObject({ code: 'failed-precondition', details: { from: '0', to: '7' } });
  await engine.writeState('s', features);
  expect((await engine.draft({ session: 's', exit: 4, base: 0, count: 1 })).tokens).toEqual(truth.slice(0, 1));
});

test('what a host refuses crosses with its code, and a session that nobody holds is refused here', async () => {
  await using engine = await startHost(workspace);
  await engine.open({ session: 's', prompt: PROMPT });
  const spoiled = { ...state, hidden: state.hidden.with(40, Number.NaN) };
  await expect(engine.writeState('s', spoiled)).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(engine.writeState('nobody', state)).rejects.toMatchObject({ code: 'not-found' });
  await expect(engine.writeState('s', state, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
});

test('given tokens stand in the session after its states were read', async () => {
  await using engine = await startHost(workspace);
  await engine.open({ session: 's', prompt: PROMPT });
  const given = truth.slice(0, 7);
  const read = await engine.readState({ session: 's', layer: 1, base: 0, given, from: 130, includeCache: false });
  expect(read.rows).toBe(8);
  process.kill(engine.statistics().pid!, 'SIGKILL');
  const { tokens } = await engine.draft({ session: 's', exit: 4, base: 7, count: 3 });
  expect(tokens).toEqual(truth.slice(7, 10));
});

describe('unnoticed, on a host that is replaced for its memory,', () => {
  const policy: ExitPolicy = {
    kind: 'budget',
    budget: { timeMs: 1e9 },
    within: { kind: 'confidence', steps: [{ exit: 1, minMargin: 0.3 }], last: 4 },
  };

  test('go on sessions that received states and answers by policy', async () => {
    await createRandomFamily(workspace.path('wide'), { hidden: 128, context: 1024 });
    const wide = { familyFolder: workspace.path('wide') };
    const prompt = Array.from({ length: 800 }, (_, index) => 4 + (index % 250));
    const probe = await startHost(workspace, wide);
    const { residentBytes } = probe.statistics();
    await probe.open({ session: 'alone', prompt });
    const alone = await probe.draft({ session: 'alone', exit: 1, policy, base: 0, count: 16 });
    const states = await probe.readState({ session: 'alone', layer: 3, base: 0, from: 0, includeCache: true });
    await probe[Symbol.asyncDispose]();
    expect(new Set(alone.exits)).toEqual(new Set([1, 4]));

    await using engine = await startHost(workspace, { ...wide, rssLimitBytes: residentBytes + 30 * 2 ** 20 });
    await engine.open({ session: 'relayed', prompt });
    await engine.writeState('relayed', states);
    const first = await engine.draft({ session: 'relayed', exit: 1, policy, base: 0, count: 8 });
    for (let index = 0; index < 60 && engine.statistics().recycles === 0; index++) {
      await engine.open({ session: `s${index}`, prompt });
      await engine.draft({ session: `s${index}`, exit: 4, base: 0, count: 1 });
    }
    expect(engine.statistics().recycles).toBe(1);
    const rest = await engine.draft({ session: 'relayed', exit: 1, policy, base: 8, count: 8 });
    expect([...first.tokens, ...rest.tokens]).toEqual(alone.tokens);
    expect([...first.exits!, ...rest.exits!]).toEqual(alone.exits);
  });
});
