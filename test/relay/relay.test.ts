// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContinueRequest } from '@aiflow/roles';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AIFLOW } from '../answers/answering-fleet.ts';
import { longAnswerQuestion, type RelayingFleet, startRelayingFleet } from './relaying-fleet.ts';

const WIDTH = 384;

let relaying: RelayingFleet;

// The edge stands behind a link of its own, so that its bytes can be counted; it delays nothing.
beforeAll(async () => {
  relaying = await startRelayingFleet('relaying', node =>
    node.name === 'edge-1' ? { ...node, link: { delayMs: 0, jitterMs: 0 } } : node,
  );
}, 60_000);
afterAll(() => relaying[Symbol.asyncDispose]());

test('features, cache and token ids lead to the same answer of the deepest exit', async () => {
  const alone = await relaying.goOn({ way: 'ids' });
  expect(alone.source).toBeUndefined();
  expect(alone.tokens.length).toBeGreaterThan(2);
  for (const way of ['features', 'cache'] as const) {
    const relayed = await relaying.goOn({ way, wireFormat: 'fp32' });
    expect(relayed).toMatchObject({ way, exit: 11, reasons: [], endedByItself: true });
    expect(relayed.source).toEqual({ node: 'edge-1', layer: 5, format: 'fp32' });
    expect(relayed.tokens).toEqual(alone.tokens);
  }
});

test('it goes on in the middle of what the edge began', async () => {
  const begun = await relaying.goOn({ way: 'features', wireFormat: 'fp32', ownTokens: 4 });
  expect(begun.ownTokens).toBe(4);
  const alone = await relaying.goOn({ way: 'ids', answer: begun.standing });
  expect(begun.tokens).toEqual(alone.tokens);
  expect(begun.text).toBe(alone.text);
});

test('a device stops after its first layer, and the edge goes on', async () => {
  const alone = await relaying.goOn({ way: 'ids' }, { to: 'edge-1' });
  const relayed = await relaying.goOn({ way: 'features', wireFormat: 'fp32' }, { to: 'edge-1' });
  expect(relayed.source).toMatchObject({ node: 'device-1', layer: 1 });
  expect(relayed.exit).toBe(5);
  expect(relayed.tokens).toEqual(alone.tokens);
});

test.each(['fp16', 'int8'] as const)('%s rows arrive whole and are answered from', async wireFormat => {
  const { way, transfer, promptTokens, reasons } = await relaying.goOn({ wireFormat });
  expect({ way, reasons, positions: transfer.positions }).toEqual({
    way: 'features',
    reasons: [],
    positions: promptTokens,
  });
  expect(transfer.bytes).toBe(promptTokens * (wireFormat === 'int8' ? WIDTH + 4 : 2 * WIDTH));
});

describe('bytes of int8 features on the link of the edge, subjects and all', () => {
  const sent = (): number => relaying.fleet.running.links.of('edge-1')?.counters.up.bytesOut ?? Number.NaN;

  test('a position of a prompt takes at most its row and 64', async () => {
    await relaying.goOn({ wireFormat: 'int8', session: 'counted', maxTokens: 1 });
    const before = sent();
    const { promptTokens } = await relaying.goOn({ wireFormat: 'int8', session: 'counted', maxTokens: 1 });
    const each = (sent() - before) / promptTokens;
    expect(each).toBeGreaterThan(WIDTH);
    expect(each).toBeLessThanOrEqual(WIDTH + 64);
  });

  test('a token that is said costs less than two rows, with the adverts that cross meanwhile', async () => {
    const short = { wireFormat: 'int8', session: 'counted', question: longAnswerQuestion() } as const;
    const [opening] = await leastSent({ ...short, maxTokens: 1 });
    const [whole, steps] = await leastSent({ ...short, maxTokens: 33 });
    expect(steps).toBe(32);
    const each = (whole - opening) / steps;
    expect(each).toBeGreaterThan(WIDTH);
    expect(each).toBeLessThan(2 * WIDTH);
  });

  /** Bytes and steps of the leanest of five runs: adverts and probes cross the link beside them. */
  const leastSent = async (request: Partial<ContinueRequest>): Promise<readonly [number, number]> => {
    let least: readonly [number, number] = [Infinity, 0];
    for (let run = 0; run < 5; run++) {
      const before = sent();
      const { transfer } = await relaying.goOn(request);
      if (sent() - before < least[0]) least = [sent() - before, transfer.steps];
    }
    return least;
  };
});

test('what can not work is refused at once, naming both values', async () => {
  await expect(relaying.goOn({ layer: 4 })).rejects.toMatchObject({ code: 'not-found', node: 'cloud-1' });
  await expect(relaying.goOn({ exit: 7 })).rejects.toMatchObject({ details: { asked: '7', held: '3, 5, 8, 11' } });
  await expect(relaying.goOn({ source: 'device-1' })).rejects.toThrow(
    /device-1 serves layer 1.*entered at 3, 5, 8, 11/,
  );
});

describe('aiflow relay on the fleet that runs', () => {
  const run = async (...words: readonly string[]): Promise<{ status: number; out: string }> => {
    const [command = '', file = ''] = AIFLOW;
    const { environment } = relaying.fleet;
    const options = { env: { ...process.env, ...environment }, encoding: 'utf8' } as const;
    const child = promisify(execFile)(command, [file, 'relay', '--fleet', 'relaying', '--json', ...words], options);
    return child.then(
      ({ stdout }) => ({ status: 0, out: stdout }),
      (error: { code: number; stdout: string }) => ({ status: error.code, out: error.stdout }),
    );
  };

  test('reports every way of going on, with bytes, times and agreement', async () => {
    const { status, out } = await run('--repeats', '1', '--max-tokens', '6');
    const report = JSON.parse(out);
    expect(status).toBe(0);
    expect(report).toMatchObject({ source: 'edge-1', continuer: 'cloud-1', layer: 5, exit: 11, standing: 8 });
    expect(report.positions).toBeGreaterThanOrEqual(128);
    expect(report.rows.map(({ way, wireFormat }: { way: string; wireFormat?: string }) => [way, wireFormat])).toEqual([
      ['ids', undefined],
      ...['features', 'cache'].flatMap(way => ['fp32', 'fp16', 'int8'].map(format => [way, format])),
    ]);
    const [whole, fp32, fp16, int8, cache] = report.rows;
    expect([whole.agreement, fp32.agreement, cache.agreement]).toEqual([1, 1, 1]);
    const { positions } = report;
    const bytes = [fp32, fp16, int8, cache].map((row: { bytes: number }) => row.bytes / positions);
    expect(bytes).toEqual([4 * WIDTH, 2 * WIDTH, WIDTH + 4, 11 * 4 * WIDTH]);
    expect(report.prefers.map(({ wireFormat }: { wireFormat: string }) => wireFormat)).toEqual([
      'fp32',
      'fp16',
      'int8',
    ]);
  });

  test('fails as one object where nobody can', async () => {
    const { status, out } = await run('--from', 'cloud-1');
    expect(status).toBe(1);
    expect(JSON.parse(out).error).toMatchObject({ code: 'not-found' });
  });
});
