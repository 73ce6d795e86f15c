// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { AnswerResult, Fleet } from '@aiflow/node';
import { NODE_CONFIG, readConfig } from '@aiflow/node';
import { REQUESTS_ACTOR, type RequestStatus, requestStatus } from '@aiflow/roles';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTopology, TOPOLOGIES, type TopologyFleet } from './topology-fleet.ts';

const QUESTION = 'What is 7 + 5?';
const DEADLINE_MS = 8000;
const PATIENCE = { timeout: 90_000 };

describe.each(TOPOLOGIES)('$name', topology => {
  let fleet: TopologyFleet;
  let program: Fleet;

  beforeAll(async () => {
    fleet = await startTopology(topology);
    program = await fleet.enter();
  }, 90_000);
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await fleet?.[Symbol.asyncDispose]();
  });
  /** Every test begins and ends with a fleet that is whole. */
  afterEach(() => fleet.uplink.heal());

  const ask = (): PromiseLike<AnswerResult> => program.ask(QUESTION, { at: 'device-1', deadlineMs: DEADLINE_MS });
  const stateOf = async (id: string): Promise<RequestStatus | undefined> =>
    (await program.ask({ node: 'device-1', actor: REQUESTS_ACTOR }, requestStatus, { id }))[0];
  const isExact = async (): Promise<boolean> => (await ask()).summary.exact;
  const answersTogether = (): Promise<void> =>
    expect.poll(() => isExact().catch(() => false), { timeout: 40_000, interval: 200 }).toBe(true);
  const expectAnswerAlone = async (): Promise<void> => {
    const { text, summary } = await ask();
    expect(text).not.toBe('');
    expect(summary).toMatchObject({ exact: false });
    expect(summary.durationMs).toBeLessThanOrEqual(DEADLINE_MS);
    expect(
      summary.references.map(({ node }) => node),
      JSON.stringify(summary),
    ).toEqual(['device-1']);
  };

  test('a question on the device is answered together with the tiers above', PATIENCE, async () => {
    await answersTogether();
    const { summary } = await ask();
    expect(summary).toMatchObject({ outcome: 'complete', exact: true, exit: 11 });
    expect(summary.tiers.map(({ node }) => node)).toContain('cloud-1');
  });

  test.each(['reset', 'silence'] as const)(
    'with its uplink cut by %s the device answers with its own exit in time, and exactly when the link is back',
    PATIENCE,
    async how => {
      await answersTogether();
      fleet.uplink.cut(how);
      await expectAnswerAlone();
      await expectAnswerAlone();
      fleet.uplink.heal();
      await answersTogether();
    },
  );

  test('what the device answered alone is finished by the tiers above once its link is back', PATIENCE, async () => {
    await answersTogether();
    fleet.uplink.cut('silence');
    const alone = await program.ask(QUESTION, { id: 'in-the-tunnel', at: 'device-1', deadlineMs: DEADLINE_MS });
    expect(alone.text).not.toBe('');
    expect(alone.summary).toMatchObject({ exact: false, awaitsRevision: { requestId: 'in-the-tunnel' } });
    expect(await stateOf('in-the-tunnel')).toMatchObject({ state: 'alone' });
    fleet.uplink.heal();
    await expect
      .poll(() => stateOf('in-the-tunnel'), { timeout: 40_000, interval: 200 })
      .toMatchObject({ state: 'revised', revision: { exit: 11 }, summary: { exact: true } });
    const again = await program.ask(QUESTION, { id: 'in-the-tunnel', at: 'device-1', deadlineMs: DEADLINE_MS });
    expect(again.summary).toMatchObject({ exact: true, exit: 11 });
  });

  test(
    'a device that starts with its uplink cut serves, and the tiers find it when the link is back',
    PATIENCE,
    async () => {
      await program[Symbol.asyncDispose]();
      expect(await fleet.stop('device-1')).toBe(0);
      fleet.uplink.cut('reset');
      await fleet.start('device-1');
      program = await fleet.enter();
      await expectAnswerAlone();
      fleet.uplink.heal();
      await answersTogether();
    },
  );

  test("a restart of the edge's server costs no answer, and the tiers are together again", PATIENCE, async () => {
    await answersTogether();
    const { broker } = fleet.tree.node('edge-1');
    await broker.kill();
    await expectAnswerAlone();
    await broker.restart();
    await answersTogether();
  });

  test('a restart of the edge node, killed while a session may run on it, costs no answer', PATIENCE, async () => {
    await answersTogether();
    await fleet.stop('edge-1', 'SIGKILL');
    expect((await ask()).text).not.toBe('');
    await fleet.start('edge-1');
    await answersTogether();
  });
});

test.each(['node.yaml', 'node-without-server.yaml'])('deploy/%s is a valid file of a node', async file => {
  const config = await readConfig(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), NODE_CONFIG, {
    environment: {},
  });
  expect(config.node).toEqual({ name: 'device-1', tier: 'device', site: 'site-1' });
});
