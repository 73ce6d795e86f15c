// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type FeatureChunk, type OpenFeatures, openFeatures, stepFeatures } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { CONTEXT, startRelayFleet } from './relay-fleet.ts';
import { TOY_WIDTH } from './toy-relay-engine.ts';

describe('a source guards its sessions', () => {
  const terms: OpenFeatures = {
    session: 's',
    epoch: 3,
    family: 'toy',
    featureSpace: 'toy-space-3',
    tensorContract: 'toy-contract',
    computeFormat: 'fp32',
    wireFormat: 'fp32',
    layer: 3,
    width: TOY_WIDTH,
    includesCache: false,
    prompt: [1, 2, 3],
    answer: [],
    from: 0,
    ownTokens: 0,
    ownExit: 0,
    keepsOwn: false,
  };
  const to = { node: 'edge-1', actor: 'features' };
  const failure = async (work: Promise<unknown>): Promise<AiflowError> =>
    work.then(
      () => new AiflowError('unknown', 'nothing failed'),
      error => AiflowError.from(error),
    );

  async function setUp(maxSessions = 64) {
    const fleet = await startRelayFleet({ maxSessions });
    const open = (change: Partial<OpenFeatures> = {}): Promise<FeatureChunk[]> =>
      fleet.passTime(
        (async () => {
          const chunks: FeatureChunk[] = [];
          for await (const chunk of fleet.client.stream(to, openFeatures, { ...terms, ...change })) chunks.push(chunk);
          return chunks;
        })(),
      );
    const step = (base: number, tokens: readonly number[], epoch = 3): Promise<FeatureChunk> =>
      fleet.passTime(fleet.client.ask(to, stepFeatures, { session: 's', epoch, base, tokens }));
    return { fleet, open, step };
  }

  test('an older epoch neither opens nor steps', async () => {
    const { open, step } = await setUp();
    await open();
    expect((await failure(open({ epoch: 2 }))).message).toMatch(/epoch 2 .* epoch 3 is held/);
    expect((await failure(step(0, [5], 2))).message).toMatch(/epoch 2 .* epoch 3 is held/);
    await open({ epoch: 4 });
    expect((await failure(step(0, [5], 3))).details).toMatchObject({ asked: '3', held: '4' });
  });

  test('tokens that leave a gap are refused, and so are none', async () => {
    const { open, step } = await setUp();
    await open();
    expect((await failure(step(2, [5]))).message).toMatch(/position 2 .* leave a gap: 0 are held/);
    expect((await failure(step(0, []))).code).toBe('invalid-argument');
  });

  test('nothing is held beyond the context, however often it is asked for', async () => {
    const { fleet, open, step } = await setUp();
    const room = CONTEXT - terms.prompt.length;
    const answer = Array.from({ length: room - 1 }, (_, index) => index + 1);
    await open({ answer });
    const before = fleet.edge.layerRows;
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await failure(step(answer.length, [5, 6]));
      expect(error).toMatchObject({ code: 'out-of-range', details: { asked: '513', held: '512' } });
      expect(error.message).toMatch(/session s would hold 513 positions, the family's context is 512: end the answer/);
    }
    expect(fleet.edge.layerRows).toBe(before);
    expect((await failure(step(room, [5]))).message).toMatch(/leave a gap: 508 are held/);
    expect((await step(answer.length, [5])).position).toBe(CONTEXT - 1);
    const tooLong = await failure(open({ epoch: 4, answer: [...answer, 5, 6] }));
    expect(tooLong).toMatchObject({ code: 'out-of-range', details: { asked: '513', held: '512' } });
    expect((await step(answer.length, [5])).epoch).toBe(3);
  });

  test('a step that the engine refuses leaves the session as it was, though the engine holds less then', async () => {
    const { fleet, open, step } = await setUp();
    await open({ answer: [7, 8, 9] });
    const { readState } = fleet.edge;
    fleet.edge.readState = async ({ session, base }) => {
      await fleet.edge.draft({ session, exit: 3, base, count: 0 });
      throw new AiflowError('invalid-argument', 'token 70000 is no token');
    };
    expect((await failure(step(1, [70_000, 5, 5, 5]))).message).toMatch(/token 70000/);
    fleet.edge.readState = readState;
    expect((await failure(step(4, [5]))).message).toMatch(/leave a gap: 3 are held/);
    const after = await step(3, [5]);
    const fresh = await setUp();
    await fresh.open({ answer: [7, 8, 9] });
    expect(after).toEqual(await fresh.step(3, [5]));
  });

  test('the same step twice gives the same rows', async () => {
    const { open, step } = await setUp();
    await open();
    const once = await step(0, [5, 6]);
    expect(await step(0, [5, 6])).toEqual(once);
    expect(once.position).toBe(3);
  });

  test('a step back takes other tokens from there on', async () => {
    const [long, short] = [await setUp(), await setUp()];
    await long.open({ answer: [7, 8, 9] });
    await long.step(3, [5, 6]);
    await short.open({ answer: [7] });
    expect(await long.step(1, [5])).toEqual(await short.step(1, [5]));
    expect((await failure(long.step(3, [5]))).message).toMatch(/leave a gap: 2 are held/);
  });

  test('what a chunk can not say is said once: the first chunk has no rows', async () => {
    const { open } = await setUp();
    const [first, ...rest] = await open({ answer: [7] });
    expect(first?.opened).toMatchObject({ positions: 4, featureSpace: 'toy-space-3', ownTokens: [], reused: 0 });
    expect(first?.payload.byteLength).toBe(0);
    expect(rest.map(chunk => chunk.opened)).toEqual([undefined]);
  });

  test('nothing is sent where nothing is lacking', async () => {
    const { open, fleet } = await setUp();
    expect((await open({ from: 99 })).length).toBe(1);
    expect(fleet.edge.layerRows).toBe(0);
  });

  test('the least recently used session gives way, and is told apart by its owner', async () => {
    const { open, step, fleet } = await setUp(2);
    await open({ session: 's' });
    await open({ session: 't' });
    await step(0, [5]);
    await open({ session: 'u' });
    expect((await fleet.edge.status()).sessions).toBe(2);
    await step(1, [6]);
    const later = failure(
      fleet.passTime(fleet.client.ask(to, stepFeatures, { session: 't', epoch: 3, base: 0, tokens: [1] })),
    );
    expect((await later).code).toBe('not-found');
  });

  test('an own exit that is not here, an empty prompt and an unknown wire format are refused', async () => {
    const { open } = await setUp();
    expect((await failure(open({ ownTokens: 2, ownExit: 9 }))).details).toMatchObject({ asked: '9', held: '1, 3' });
    expect((await failure(open({ prompt: [] }))).code).toBe('invalid-argument');
    expect((await failure(open({ wireFormat: 'bf16' }))).message).toMatch(/wire format bf16 .* fp32, fp16, int8/);
  });
});
