// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { RelaySummary } from '@aiflow/roles';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RelayingFleet, startRelayingFleet } from './relaying-fleet.ts';

const FORMAT = { wireFormat: 'fp32', source: 'edge-1' } as const;

let relaying: RelayingFleet;
let alone: RelaySummary;

// Slow nodes, so that an answer is under way for long enough to be broken into; the device keeps only layers 5 and on.
beforeAll(async () => {
  relaying = await startRelayingFleet('relay-faults', node => {
    if (node.model === undefined) return node;
    if (node.tier !== 'device') return { ...node, model: { ...node.model, slowdown: 4 } };
    return { ...node, model: { ...node.model, exits: [5, 11], fromLayer: 5 }, roles: { continue: {} } };
  });
  alone = await relaying.goOn({ way: 'ids' });
}, 60_000);
afterAll(() => relaying[Symbol.asyncDispose]());

/** Revives the edge and waits until it serves again. */
async function heal(): Promise<void> {
  await relaying.fleet.revive('edge-1');
  const serves = async (): Promise<string> => (await relaying.goOn({ ...FORMAT, maxTokens: 1 })).way;
  await expect.poll(() => serves().catch(String), { timeout: 20_000, interval: 200 }).toBe('features');
}

/** Goes on at `to` and kills the edge once three tokens are there. */
async function goOnAndKill(to: string): Promise<{ summary: RelaySummary | AiflowError; afterKillMs: number }> {
  let killedAt = 0;
  const onTokens = (said: number): void => {
    if (said < 3 || killedAt > 0) return;
    killedAt = performance.now();
    relaying.fleet.kill('edge-1');
  };
  const summary = await relaying
    .goOn({ ...FORMAT, deadlineMs: 20_000 }, { to, onTokens })
    .catch(error => AiflowError.from(error));
  expect(killedAt).toBeGreaterThan(0);
  return { summary, afterKillMs: performance.now() - killedAt };
}

test('a node without the layers below goes on from features like any other', async () => {
  const { tokens, way } = await relaying.goOn(FORMAT, { to: 'device-1' });
  expect({ tokens, way }).toEqual({ tokens: alone.tokens, way: 'features' });
  await expect(relaying.goOn({ way: 'ids' }, { to: 'device-1' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('a model host killed at the source costs time, not the relay', async () => {
  const [host] = relaying.fleet.hostsOf('edge-1');
  const onTokens = (said: number): void => {
    if (said === 3) process.kill(host!, 'SIGKILL');
  };
  const { tokens, way } = await relaying.goOn(FORMAT, { onTokens });
  expect({ tokens, way }).toEqual({ tokens: alone.tokens, way: 'features' });
});

test('a source that is killed mid-relay is survived where the layers below are held, and the answer says so', async () => {
  const { summary } = await goOnAndKill('cloud-1');
  expect(summary).toMatchObject({ way: 'ids', tokens: alone.tokens });
  expect((summary as RelaySummary).reasons.join()).toMatch(/cloud-1 -> edge-1.*went on from token ids/);
  await heal();
});

test('where they are not, the relay ends in time, naming node, hop, cause and remedy', async () => {
  const { summary, afterKillMs } = await goOnAndKill('device-1');
  expect(summary).toMatchObject({ code: 'unavailable', node: 'device-1' });
  const { message, hop } = summary as AiflowError;
  expect(hop).toMatch(/^device-1 -> edge-1/);
  expect(message).toMatch(/lacks the features|features.*lack|lack/);
  expect(message).toMatch(/bring edge-1 back, or ask a node that holds the layers below/);
  expect(afterKillMs).toBeLessThan(15_000);
  await heal();
});
