// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AnswerResult, Fleet } from '@aiflow/node';
import { METRICS } from '@aiflow/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AiflowProcess, startAiflow } from '../../packages/node/test/aiflow-process.ts';
import { endingOf, fixture, type Probed, startTestFleet, stateOf, type TestFleet } from './test-fleet.ts';

const QUESTION =
  'The cart Juno has 61 % left. Every job uses 12 % and it does 4 jobs. Find out how much battery is left.';
const PATIENCE = { timeout: 90_000 };
const ASKED = { at: 'device-1', exit: 3, tiers: 'two', deadlineMs: 20_000 } as const;
let fleet: TestFleet;
let client: Fleet;
let alone: AnswerResult;
/** The process of each edge that runs now, where it is not the fleet's own any more. */
const replaced = new Map<string, AiflowProcess>();

// Slow judges, so that a session is open for long enough to be broken into.
beforeAll(async () => {
  const ledger = `actors: [ { module: ${fixture('ledger-actor')} } ]`;
  const judge = `model: { folder: nano, exits: [3], slowdown: 60 }, roles: { verify: {} }, ${ledger}`;
  fleet = await startTestFleet(
    `fleet: churned
nodes:
  - { name: edge-1, tier: edge, ${judge} }
  - { name: edge-2, tier: edge, ${judge} }
  - { name: device-1, tier: device, model: { folder: nano, exits: [1] }, roles: { answer: {} }, ${ledger} }
`,
    { nodesMayEnd: true },
  );
  client = await fleet.connect();
  await client.waitForNodes(3, { timeoutMs: 10_000 });
  alone = await client.ask(QUESTION, ASKED);
}, 90_000);
afterAll(async () => {
  for (const child of replaced.values()) await child[Symbol.asyncDispose]();
  await client?.[Symbol.asyncDispose]();
  await fleet?.[Symbol.asyncDispose]();
});

const nodeOf = (name: string): ReturnType<Fleet['nodes']>[number] | undefined =>
  client.nodes().find(node => node.name === name);

/** How many sessions a node's model judged for, by the batches it has worked on. */
async function batchesOf(node: string): Promise<number> {
  const { healthUrl } = await readyOf(node);
  const text = await (await fetch(`${healthUrl}/metrics`, { headers: { connection: 'close' } })).text();
  const line = text.split('\n').find(each => each.startsWith(`${METRICS.verifyBatchSessions}_count`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function readyOf(node: string): Promise<{ readonly healthUrl: string }> {
  const child = replaced.get(node);
  if (child === undefined) return fleet.processOf(node);
  return JSON.parse(await child.line(line => line.includes('"node-ready"'))) as { healthUrl: string };
}

function signal(node: string, how: NodeJS.Signals): void {
  process.kill(replaced.get(node)?.pid ?? fleet.processOf(node).pid, how);
}

/** Starts a node that ended again, under its key, at `site`. */
async function restart(node: string, site = 'main'): Promise<void> {
  const { configFile } = fleet.processOf(node);
  const file = join(dirname(configFile), `at-${site}.yaml`);
  writeFileSync(file, readFileSync(configFile, 'utf8').replace(/^ {2}site: .*$/m, `  site: ${site}`));
  replaced.set(node, startAiflow(['node', '--config', file]));
  await readyOf(node);
  await expect.poll(() => stateOf(client, node), { timeout: 15_000 }).toBe('alive');
}

/** Asks, and once the session is open on an edge does `harm` to that edge. */
async function askAndHarm(harm: (edge: string) => void): Promise<{ answer: AnswerResult; harmed: string }> {
  const before = { 'edge-1': await batchesOf('edge-1'), 'edge-2': await batchesOf('edge-2') };
  let harmed = '';
  let revision: AnswerResult['revision'];
  for await (const item of client.askItems(QUESTION, ASKED)) {
    if (item.kind === 'revision') revision = item.revision;
    if (item.kind === 'summary') {
      expect(harmed, 'the answer was there before the harm').not.toBe('');
      return { answer: { revision, text: revision?.text ?? '', summary: item.summary }, harmed };
    }
    if (harmed !== '' || item.kind !== 'revision' || item.revision.finished) continue;
    harmed = (await batchesOf('edge-1')) > before['edge-1'] ? 'edge-1' : 'edge-2';
    if ((await batchesOf(harmed)) === before[harmed as 'edge-1']) harmed = '';
    else harm(harmed);
  }
  throw new Error('the answer ended without a summary');
}

describe('two edges on one site, and a session that is open on one of them', () => {
  test.each([
    ['dies', 'SIGKILL'],
    ['drains and leaves', 'SIGTERM'],
  ] as const)('which %s: it goes on at the other, with the same words', PATIENCE, async (_what, how) => {
    const { answer, harmed } = await askAndHarm(edge => signal(edge, how));
    expect(answer.summary).toMatchObject({ outcome: 'complete', exact: true });
    expect(answer.text).toBe(alone.text);
    const survivor = harmed === 'edge-1' ? 'edge-2' : 'edge-1';
    // The one that drains may still finish what is open with it.
    const judges = how === 'SIGKILL' ? [survivor] : [survivor, harmed];
    expect(judges).toEqual(expect.arrayContaining(answer.summary.references.map(({ node }) => node)));
    await expect.poll(() => stateOf(client, harmed), { timeout: 15_000 }).toBe(how === 'SIGKILL' ? 'dead' : 'left');
    await restart(harmed);
    expect((await client.ask(QUESTION, ASKED)).summary).toMatchObject({ outcome: 'complete', exact: true });
  });
});

describe('a node that changes its site', () => {
  test(
    'is found there by everybody, what was open with it ends clearly, and nothing is left of the old place',
    PATIENCE,
    async () => {
      const before = nodeOf('edge-2');
      expect(before?.site).toBe('main');
      const open = endingOf(() =>
        client.call('ledger@edge-2', { type: 'test.wait', ms: 60_000 }, { timeoutMs: 40_000 }),
      );
      await client.call('ledger@device-1', { type: 'test.probe', node: 'edge-2', everyMs: 200, timeoutMs: 1000 });
      signal('edge-2', 'SIGKILL');
      await restart('edge-2', 'north');

      expect(await open).toMatchObject({ code: 'unavailable', hop: `${client.client} -> edge-2/ledger` });
      expect(client.nodes().filter(({ name }) => name === 'edge-2')).toHaveLength(1);
      expect(nodeOf('edge-2')).toMatchObject({ site: 'north', state: 'alive' });
      expect(nodeOf('edge-2')?.bootId).not.toBe(before?.bootId);
      await new Promise(resolve => setTimeout(resolve, 3000));
      const { outcomes } = (await client.call('ledger@device-1', { type: 'test.probed' })) as Probed;
      expect(outcomes.at(-1)).toMatchObject({ code: 'ok' });
      expect(nodeOf('edge-2')).toMatchObject({ site: 'north', state: 'alive' });
      expect((await client.ask(QUESTION, ASKED)).summary).toMatchObject({ outcome: 'complete', exact: true });
      signal('edge-1', 'SIGTERM');
      await expect.poll(() => stateOf(client, 'edge-1'), { timeout: 20_000 }).toBe('left');
      expect((await client.ask(QUESTION, ASKED)).summary).toMatchObject({ outcome: 'complete', exact: true });
    },
  );

  test(
    'where it is a device with an answer under way: that ends clearly, and it answers with the edge there',
    PATIENCE,
    async () => {
      const asked = endingOf(async () => {
        let seen = 0;
        for await (const { kind } of client.askItems(QUESTION, ASKED)) {
          if (kind === 'revision' && ++seen === 1) signal('device-1', 'SIGKILL');
        }
      });
      expect(await asked).toMatchObject({ code: 'unavailable', hop: `${client.client} -> device-1/answerer` });
      await restart('device-1', 'north');
      expect(client.nodes().filter(({ name }) => name === 'device-1')).toHaveLength(1);
      expect(nodeOf('device-1')).toMatchObject({ site: 'north', state: 'alive' });
      const exactBy = async (): Promise<string[]> => {
        const { summary } = await client.ask(QUESTION, ASKED);
        return summary.exact ? summary.references.map(({ node }) => node) : [];
      };
      await expect.poll(() => exactBy().catch(() => []), { timeout: 20_000 }).toContain('edge-2');
    },
  );
});
