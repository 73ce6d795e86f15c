// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { QUESTION, startRelayFleet } from './relay-fleet.ts';
import { TOY_WIDTH } from './toy-relay-engine.ts';

const PROMPT = QUESTION.length;
const LAYERS_ALONE = 7; // six trunk layers and the block of exit 6

describe('going on from another node', () => {
  test.each(['fp32', 'fp16', 'int8'] as const)('says what it would say alone, by features in %s', async wireFormat => {
    const fleet = await startRelayFleet();
    const alone = await fleet.ask({ way: 'ids' });
    const relayed = await fleet.ask({ way: 'features', wireFormat });
    expect(relayed.error).toBeUndefined();
    expect(relayed.tokens).toEqual(alone.tokens);
    expect(relayed.summary).toMatchObject({ way: 'features', wireFormat, endedByItself: true, reasons: [] });
    expect(relayed.summary?.source).toEqual({ node: 'edge-1', layer: 3, format: 'fp32' });
  });

  test.each(['ids', 'cache', 'features'] as const)('by %s counts as its first token no more than that', async way => {
    const fleet = await startRelayFleet();
    const [one, many] = [await fleet.ask({ way, maxTokens: 1 }), await fleet.ask({ way, maxTokens: 9 })];
    expect(many.tokens).toHaveLength(9);
    expect(one.summary?.compute.firstMs).toBeGreaterThan(0);
    expect(many.summary?.compute.firstMs).toBeCloseTo(one.summary?.compute.firstMs ?? 0);
    expect(many.summary?.firstTokenMs).toBeLessThan(many.summary?.durationMs ?? 0);
  });

  test('computes nothing below the relay again', async () => {
    const fleet = await startRelayFleet();
    const before = fleet.cloud.layerRows;
    const { tokens } = await fleet.ask({ way: 'features' });
    expect(fleet.cloud.layerRows - before).toBe((PROMPT + tokens.length - 1) * (LAYERS_ALONE - 3));
    expect(fleet.edge.layerRows).toBe((PROMPT + tokens.length - 1) * 3);
  });

  test.each(['fp32', 'int8'] as const)('takes over alone with the cache in %s: the source may go', async wireFormat => {
    const fleet = await startRelayFleet();
    const alone = await fleet.ask({ way: 'ids' });
    const before = fleet.cloud.layerRows;
    const { tokens, summary } = await fleet.ask({ way: 'cache', wireFormat });
    expect(tokens).toEqual(alone.tokens);
    expect(summary?.transfer).toMatchObject({ positions: PROMPT, steps: 0 });
    const later = (tokens.length - 1) * LAYERS_ALONE;
    expect(fleet.cloud.layerRows - before).toBe(PROMPT * (LAYERS_ALONE - 3) + later);
    expect(fleet.edge.layerRows).toBe(PROMPT * 3);
  });

  test('counts bytes as they are: rows and scales, keys and values of each layer below', async () => {
    const fleet = await startRelayFleet();
    const features = await fleet.ask({ way: 'features', wireFormat: 'int8', maxTokens: 3 });
    expect(features.summary?.transfer).toMatchObject({ bytes: PROMPT * (TOY_WIDTH + 4), steps: 2 });
    expect(features.summary?.transfer.stepBytes).toBe(2 * (TOY_WIDTH + 4));
    const cache = await fleet.ask({ way: 'cache', wireFormat: 'fp16', maxTokens: 3 });
    expect(cache.summary?.transfer.bytes).toBe(PROMPT * 7 * TOY_WIDTH * 2);
  });

  test('goes on in the middle of an answer that the source began with its own exit', async () => {
    const fleet = await startRelayFleet();
    const begun = await fleet.ask({ way: 'features', ownTokens: 5, session: 'mine', maxTokens: 4 });
    expect(begun.summary).toMatchObject({ ownTokens: 5 });
    const standing = begun.summary?.standing ?? [];
    expect(standing.length).toBe(5);
    const alone = await fleet.ask({ way: 'ids', answer: standing, maxTokens: 4 });
    expect(begun.tokens).toEqual(alone.tokens);
    expect(begun.summary?.text).toBe([...standing, ...alone.tokens].join(' '));
  });

  test('a source that holds the session computes nothing of it again', async () => {
    const fleet = await startRelayFleet();
    const begun = await fleet.ask({ way: 'features', ownTokens: 5, session: 'mine', maxTokens: 1 });
    const answer = begun.summary?.standing ?? [];
    const before = fleet.edge.layerRows;
    const { summary } = await fleet.ask({ way: 'features', session: 'mine', answer, maxTokens: 1 });
    expect(fleet.edge.layerRows).toBe(before);
    expect(summary?.transfer.reused).toBe(PROMPT + 5);
  });

  test('a source in the middle of its own answer hands over what it has said so far, and stops', async () => {
    const fleet = await startRelayFleet({ edge: { rowMs: 2 } });
    const first = fleet.ask({ session: 'mine', ownTokens: 20 });
    await fleet.clock.advance(320);
    const taken = await fleet.ask({ session: 'mine', epoch: 2, keepsOwn: true, maxTokens: 3 });
    const standing = taken.summary?.standing ?? [];
    expect(standing.length).toBeGreaterThan(0);
    expect(standing.length).toBeLessThan(20);
    expect(taken.tokens).toEqual((await fleet.ask({ way: 'ids', answer: standing, maxTokens: 3 })).tokens);
    const { error } = await first;
    expect(error).toMatchObject({ code: 'aborted' });
    expect(error?.message).toMatch(/session mine went on elsewhere after epoch 1/);
  });

  test('a source whose own exit ended the answer leaves nothing to say', async () => {
    const fleet = await startRelayFleet({ edge: { answerTokens: 3 } });
    const { tokens, summary, error } = await fleet.ask({ ownTokens: 10 });
    expect(error).toBeUndefined();
    expect(tokens).toEqual([]);
    expect(summary).toMatchObject({ ownTokens: 3, endedByItself: true });
  });

  test('chunks follow the measured link: 50 ms of it each', async () => {
    const rowBytes = TOY_WIDTH * 4;
    const links = { to: () => ({ rttMs: 10, bytesPerSecond: (3 * rowBytes) / 0.05 }) };
    const fleet = await startRelayFleet({ links });
    const { summary } = await fleet.ask({ wireFormat: 'fp32', maxTokens: 1 });
    expect(summary?.transfer.chunks).toBe(Math.ceil(PROMPT / 3));
  });

  test('goes on although messages are lost, doubled and late', async () => {
    const fleet = await startRelayFleet();
    const alone = await fleet.ask({ way: 'ids' });
    for (const [from, to] of [
      ['edge-1', 'cloud-1'],
      ['cloud-1', 'edge-1'],
    ] as const) {
      fleet.network.setFaults(from, to, { delayMs: 5, jitterMs: 20, loss: 0.1, duplicate: 0.2, reorder: 0.1 });
    }
    for (const way of ['features', 'cache'] as const) {
      const { tokens, error } = await fleet.ask({ way });
      expect(error).toBeUndefined();
      expect(tokens).toEqual(alone.tokens);
    }
  });

  test('sessions and engines hold nothing once an answer ended', async () => {
    const fleet = await startRelayFleet();
    await fleet.ask({ way: 'features' });
    await fleet.passTime(fleet.clock.advance(100));
    expect([(await fleet.edge.status()).sessions, (await fleet.cloud.status()).sessions]).toEqual([0, 0]);
  });
});
