// SPDX-License-Identifier: Apache-2.0
import type { RelayState } from '@aiflow/model';
import { AiflowError, type FeatureChunk, type OpenFeatures, openFeatures, stepFeatures } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import type { ContinueRequest } from '../src/index.ts';
import { CONTEXT, QUESTION, type RelayFleet, startRelayFleet } from './relay-fleet.ts';
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
