// SPDX-License-Identifier: Apache-2.0
import type { RelayState } from '@aiflow/model';
import type { AiflowError } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { startRelayFleet } from './relay-fleet.ts';
import { TOY_WIDTH } from './toy-relay-engine.ts';

describe('what can not work is refused before anything runs, naming both values', () => {
  const refused = async (
    options: Parameters<typeof startRelayFleet>[0],
    request: Parameters<Awaited<ReturnType<typeof startRelayFleet>>['ask']>[0] = {},
  ): Promise<AiflowError | undefined> => {
    const fleet = await startRelayFleet(options);
    const { error, tokens } = await fleet.ask(request);
    expect([tokens, fleet.edge.layerRows, fleet.cloud.layerRows]).toEqual([[], 0, 0]);
    return error;
  };

  test.each([
    ['another feature space', { edge: { spaces: 'other' } }, /feature space toy-space-3 .* other-space-3/],
    ['another family', { edge: { family: 'other' } }, /family toy .* family other/],
    ['an unequal tensor contract', { edge: { tensorContract: 'x' } }, /tensor contract toy-contract .* contract x/],
    ['rows of another width', { edgeWidth: 8 }, /row width 6 .* row width 8/],
    [
      'another compute format than was advertised',
      {
        advertise: (entry: { address: never; tier: never; capability: string }) => ({
          ...entry,
          capability: entry.capability.replace('fp32', 'int8'),
        }),
      },
      /compute format int8 .* compute format fp32/,
    ],
  ] as const)('%s', async (_, options, message) => {
    const error = await refused(options as never);
    expect(error).toMatchObject({ code: 'failed-precondition' });
    expect(error?.message).toMatch(message);
  });

  test('an exit that is not here', async () => {
    const error = await refused({}, { exit: 5 });
    expect(error).toMatchObject({ code: 'not-found', details: { asked: '5', held: '3, 6' } });
  });

  test('a layer nobody can be entered at', async () => {
    const error = await refused({}, { layer: 2 });
    expect(error?.code).toBe('not-found');
    expect(error?.message).toMatch(
      /features of layer 2: edge-1 serves layer 1, edge-1 serves layer 3; .* 3, 6, for exit 6 before layer 6$/,
    );
  });

  test('a relay at the layer of the wanted exit, as nothing would be left to do', async () => {
    const error = await refused({ edge: { exits: [3, 6] } }, { layer: 6 });
    expect(error?.message).toMatch(/features of layer 6: .* serves layer 6; .* 3, 6, for exit 6 before layer 6$/);
    expect((await refused({}, { exit: 3 }))?.message).toMatch(/for exit 3 before layer 3$/);
    const fleet = await startRelayFleet({ edge: { exits: [3, 6] } });
    expect((await fleet.ask({ maxTokens: 1 })).summary?.source?.layer).toBe(3);
    const own = await fleet.ask({ way: 'ids', ownTokens: 2, maxTokens: 1 });
    expect(own.summary?.source?.layer).toBe(6);
  });

  test('a node that serves none', async () => {
    expect((await refused({}, { source: 'moon-1' }))?.message).toMatch(/node moon-1 does not serve features/);
  });

  test('prompt and answer beyond the context', async () => {
    const error = await refused({}, { answer: Array.from({ length: 500 }, () => 1) });
    expect(error).toMatchObject({ code: 'out-of-range' });
  });
});

describe('rows that are not what they should be end the relay, naming both values', () => {
  const spoilt = async (change: (state: RelayState) => RelayState): Promise<AiflowError | undefined> => {
    const fleet = await startRelayFleet();
    fleet.edge.spoil(change);
    return (await fleet.ask({ way: 'features', wireFormat: 'fp32' })).error;
  };

  test('a value that is not a number, where it is encoded', async () => {
    const error = await spoilt(state => {
      const hidden = state.hidden.slice();
      hidden[TOY_WIDTH * 2 + 1] = Number.NaN;
      return { ...state, hidden };
    });
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error?.message).toMatch(/fp32 rows: the value at row 2, column 1 .* is NaN/);
  });

  test('a gap in positions', async () => {
    const error = await spoilt(state => ({ ...state, from: state.from + 1 }));
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error?.message).toMatch(/position 0 is the next that is lacking/);
  });
});
