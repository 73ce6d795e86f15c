// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { ContinueRequest } from '../src/index.ts';
import { type RelayFleet, startRelayFleet } from './relay-fleet.ts';

describe('a source that is read no more keeps no place for its reader', () => {
  const links = { to: () => ({ rttMs: 10, bytesPerSecond: 200 }) }; // a row a chunk: more than are held unread
  const ended = async (
    options: Parameters<typeof startRelayFleet>[0],
    { request = {}, prepare }: { readonly request?: Partial<ContinueRequest>; prepare?(fleet: RelayFleet): void } = {},
  ) => {
    const fleet = await startRelayFleet({ links, ...options });
    prepare?.(fleet);
    const asked = await fleet.ask({ deadlineMs: 30_000, ...request });
    expect(asked.durationMs).toBeLessThan(10_000);
    await fleet.clock.advance(100);
    return { ...asked, places: fleet.edgeWork(), fleet };
  };

  test('where its own exit ended the answer', async () => {
    const { places, summary } = await ended({ edge: { answerTokens: 3 } }, { request: { ownTokens: 10 } });
    expect(summary).toMatchObject({ ownTokens: 3, endedByItself: true });
    expect(places).toBe(0);
  });

  test('where it opened other terms than it was asked for', async () => {
    const contracts = ['toy-contract', 'newer-contract'];
    const prepare = ({ edge }: RelayFleet) =>
      void Object.defineProperty(edge, 'tensorContract', { get: () => contracts.shift() });
    const { places, error } = await ended({}, { prepare });
    expect(error?.details).toMatchObject({ asked: 'toy-contract', held: 'newer-contract' });
    expect(places).toBe(0);
  });

  test('where it said more of its own than it was asked for', async () => {
    const prepare = ({ edge }: RelayFleet): void => {
      const { draft } = edge;
      edge.draft = (request, signal) => draft({ ...request, count: request.count + 1 }, signal);
    };
    const { places, error } = await ended({}, { request: { ownTokens: 2 }, prepare });
    expect(error?.message).toMatch(/at most 2 own tokens were asked for, 31 positions with 3 own tokens were opened/);
    expect(places).toBe(0);
  });

  test('where it took too long to open', async () => {
    const { places, summary, fleet } = await ended({
      edge: { rowMs: 300 }, // 26 s for the prompt
      continuer: { limits: { openTimeoutMs: 500 } },
    });
    expect(summary?.way).toBe('ids');
    expect(places).toBe(0);
    expect((await fleet.edge.status()).sessions).toBe(0);
  });

  test('where a row of it was spoilt', async () => {
    const prepare = ({ edge }: RelayFleet): void => edge.spoil(state => ({ ...state, from: state.from + 1 }));
    const { places, error } = await ended({}, { prepare });
    expect(error?.message).toMatch(/position 0 is the next that is lacking/);
    expect(places).toBe(0);
  });
});
