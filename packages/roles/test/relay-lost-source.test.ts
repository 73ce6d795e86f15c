// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { QUESTION, startRelayFleet } from './relay-fleet.ts';

describe('a source that is lost', () => {
  test('before it handed over: the answer is made from token ids, and it says so', async () => {
    const fleet = await startRelayFleet();
    const alone = await fleet.ask({ way: 'ids' });
    await fleet.killEdge();
    const { tokens, summary } = await fleet.ask({ way: 'features' });
    expect(tokens).toEqual(alone.tokens);
    expect(summary?.way).toBe('ids');
    expect(summary?.reasons[0]).toMatch(/cloud-1 -> edge-1: .*; went on from token ids, computing every layer here/);
  });

  test('in the middle of the answer: it goes on without a break', async () => {
    const fleet = await startRelayFleet();
    const alone = await fleet.ask({ way: 'ids' });
    const asked = fleet.ask({ way: 'features' });
    await fleet.clock.advance(160);
    await fleet.killEdge();
    const { tokens, summary, error } = await asked;
    expect(error).toBeUndefined();
    expect(tokens).toEqual(alone.tokens);
    expect(summary?.way).toBe('ids');
    expect(summary?.transfer.steps).toBeGreaterThan(0);
  });

  test('by a silent cut: the wait for a row ends by its limit', async () => {
    const fleet = await startRelayFleet({ continuer: { limits: { stepTimeoutMs: 300 } } });
    const asked = fleet.ask({ way: 'features' });
    await fleet.clock.advance(160);
    fleet.network.partition('edge-1', 'cloud-1');
    const { summary, durationMs } = await asked;
    expect(summary?.way).toBe('ids');
    expect(durationMs).toBeLessThan(2000);
  });

  test('and whose layers are not here ends the run, naming node, hop, cause and remedy', async () => {
    const fleet = await startRelayFleet({
      cloud: { fromLayer: 3 },
      continuer: { limits: { openTimeoutMs: 500, stepTimeoutMs: 300 } },
    });
    await fleet.killEdge();
    const { error, durationMs } = await fleet.ask({ way: 'features' });
    expect(error).toMatchObject({ code: 'unavailable', node: 'cloud-1', hop: 'cloud-1 -> edge-1' });
    expect(error?.message).toMatch(/lacks the features before layer 3 .*source is lost .*bring edge-1 back/);
    expect(durationMs).toBeLessThan(2000);
  });

  test('and takes all the time with it: the error names the limit, node, loss and remedy', async () => {
    const fleet = await startRelayFleet({ edge: { rowMs: 300 } });
    const { error, tokens } = await fleet.ask({ way: 'features', deadlineMs: 700 });
    expect(tokens).toEqual([]);
    expect(error).toMatchObject({ code: 'deadline-exceeded', node: 'cloud-1', hop: 'cloud-1 -> edge-1/features' });
    expect(error?.details).toMatchObject({ limitMs: '700', tokens: '0' });
    expect(error?.message).toMatch(
      /the 700 ms that cloud-1 had .* after 0 tokens, .*source is lost .*: raise deadlineMs/,
    );
  });

  test('and comes back with nothing in memory serves the same session on', async () => {
    const fleet = await startRelayFleet({ cloud: { fromLayer: 3 } });
    const whole = await fleet.ask({ way: 'features' });
    const asked = fleet.ask({ way: 'features' });
    await fleet.clock.advance(160);
    fleet.edge.forget();
    const { tokens, error, summary } = await asked;
    expect(error).toBeUndefined();
    expect(tokens).toEqual(whole.tokens);
    expect(summary?.way).toBe('features');
  });

  test('and comes back as another version is refused, naming both: two versions never meet in one session', async () => {
    const fleet = await startRelayFleet();
    const begun = await fleet.ask({ session: 'mine', maxTokens: 2 });
    await fleet.killEdge();
    (fleet.edge.featureSpaces as Map<number, string>).set(3, 'newer-space-3');
    await fleet.startEdge();
    const { error, tokens } = await fleet.ask({ session: 'mine', epoch: 2, answer: begun.tokens });
    expect(tokens).toEqual([]);
    expect(error).toMatchObject({
      code: 'failed-precondition',
      details: { asked: 'toy-space-3', held: 'newer-space-3' },
    });
  });

  test('a receiver that lost its rows is sent them again', async () => {
    const fleet = await startRelayFleet({ cloud: { fromLayer: 3 } });
    const whole = await fleet.ask({ way: 'features' });
    let drafts = 0;
    const draft = fleet.cloud.draft;
    fleet.cloud.draft = async (request, signal) => {
      drafts += 1;
      if (drafts === 4) {
        const answer = whole.tokens.slice(0, 3);
        await fleet.cloud.open({ session: request.session, prompt: [...QUESTION].map(c => c.codePointAt(0)!), answer });
      }
      return draft(request, signal);
    };
    const { tokens, error } = await fleet.ask({ way: 'features' });
    expect(error).toBeUndefined();
    expect(tokens).toEqual(whole.tokens);
  });
});
