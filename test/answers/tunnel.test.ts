import { type AnswerResult, connect, type Fleet } from '@aiflow/node';
import { listOutbox, OUTBOX_ACTOR, type OutboxListing } from '@aiflow/outbox';
import { REQUESTS_ACTOR, type RequestStatus, requestStatus } from '@aiflow/roles';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runAiflow } from '../../packages/node/test/aiflow-process.ts';
import { type AnsweringFleet, HELD_OUT, startAnsweringFleet } from './answering-fleet.ts';

const DEVICE = 'device-1';
const DEADLINE_MS = 3000;
/** Of a busy machine. */
const WAY_BACK_MS = 2000;
const PATIENCE = { timeout: 30_000, interval: 20 };

let fleet: AnsweringFleet;
let program: Fleet;
let question: string;
/** What the cloud says to it. */
let reference: string;

// A slow cloud, so that an answer is being finished for long enough to be broken into.
beforeAll(async () => {
  fleet = await startAnsweringFleet('tunnel', node => {
    if (node.name === DEVICE) return { ...node, link: { delayMs: 5, jitterMs: 0 } };
    return node.tier === 'cloud' && node.model !== undefined
      ? { ...node, model: { ...node.model, slowdown: 2 } }
      : node;
  });
  question = await hardQuestion();
  reference = (await fleet.ask(question, { tiers: 'cloud-only', deadlineMs: 30_000 })).text;
}, 60_000);
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});
beforeEach(() => enterByDoor());

/** The program on the device knows its node's door and nothing else. */
async function enterByDoor(): Promise<void> {
  await program?.[Symbol.asyncDispose]();
  program = await connect({ socket: socket() });
}

function socket(): string {
  return fleet.running.processes.find(({ node }) => node === DEVICE)?.doorSocket ?? '';
}

/** One that the device's own exit gets wrong. */
async function hardQuestion(): Promise<string> {
  for (const { question: text, answer } of HELD_OUT.questions) {
    if ((await fleet.ask(text, { tiers: 'local', exit: 1 })).text !== answer) return text;
  }
  throw new Error('the device alone is right throughout');
}

const link = () => fleet.running.links.of(DEVICE)!;

const ask = (id: string): PromiseLike<AnswerResult> => program.ask(question, { id, deadlineMs: DEADLINE_MS });

async function statusOf(id: string): Promise<RequestStatus> {
  const [status] = await program.ask({ node: DEVICE, actor: REQUESTS_ACTOR }, requestStatus, { id });
  return status!;
}

const stateOf = (id: string): Promise<string> =>
  statusOf(id).then(
    ({ state }) => state,
    error => String(error),
  );

const outboxOf = (asker: Fleet, node: string): Promise<OutboxListing> =>
  asker.ask({ node, actor: OUTBOX_ACTOR }, listOutbox, {});

/** Asks with the link cut, and expects the device's own words. */
async function askInTunnel(id: string): Promise<void> {
  const { text, revision, summary } = await ask(id);
  expect(text).not.toBe(reference);
  expect(summary).toMatchObject({ exact: false, awaitsRevision: { requestId: id } });
  expect(revision).toMatchObject({ tier: 'device', exit: 1 });
  expect(summary.late).toBeUndefined();
  expect(summary.durationMs).toBeLessThan(DEADLINE_MS + WAY_BACK_MS);
  expect(await stateOf(id)).toBe('alone');
}

/** Expects the text of the cloud, once, and the same to who asks again. */
async function expectRevised(id: string): Promise<void> {
  await expect.poll(() => stateOf(id), PATIENCE).toBe('revised');
  const status = await statusOf(id);
  expect(status.revision).toMatchObject({ text: reference, finished: true });
  expect(status.summary).toMatchObject({ exact: true });
  expect(status.summary?.awaitsRevision).toBeUndefined();
  const again = await ask(id);
  expect(again.text).toBe(reference);
  expect(await statusOf(id)).toEqual(status);
}

test('a question in a tunnel is answered by the device in time, and has its revision once after it', async () => {
  const before = (await outboxOf(fleet.client, 'edge-1')).ended.delivered;
  link().cut('silence');
  await askInTunnel('in-the-tunnel');
  link().heal();
  await expectRevised('in-the-tunnel');
  await expect.poll(async () => (await outboxOf(fleet.client, 'edge-1')).ended.delivered, PATIENCE).toBe(before + 1);
  expect(await outboxOf(program, DEVICE)).toMatchObject({ count: 0, ended: { delivered: 1 } });
}, 60_000);

test('a device that is killed while its answer awaits a revision has it after its restart', async () => {
  link().cut('stall');
  await askInTunnel('killed-device');
  fleet.kill(DEVICE);
  link().heal();
  await fleet.revive(DEVICE);
  await enterByDoor();
  await expectRevised('killed-device');
}, 60_000);

test('an edge that is killed while it finishes an answer finishes it after its restart', async () => {
  await expect.poll(() => fleet.client.nodes().filter(({ state }) => state === 'alive').length, PATIENCE).toBe(3);
  link().cut('reset');
  await askInTunnel('killed-edge');
  link().heal();
  await expect.poll(async () => (await outboxOf(program, DEVICE)).count, PATIENCE).toBe(0);
  fleet.kill('edge-1');
  expect(await stateOf('killed-edge')).toBe('alone');
  await fleet.revive('edge-1');
  await expectRevised('killed-edge');
}, 60_000);

test('a device that boots with no broker serves its door, and catches up when the broker is there', async () => {
  fleet.kill(DEVICE);
  link().cut('reset');
  await fleet.revive(DEVICE);
  await enterByDoor();
  expect(fleet.running.links.of(DEVICE)?.openConnections).toBe(0);
  await askInTunnel('booted-alone');
  link().heal();
  await expectRevised('booted-alone');
}, 60_000);

test('the commands show what waits, drop it or hurry it, and tell what became of a question', async () => {
  const aiflow = (...words: string[]) => runAiflow([...words, '--socket', socket()], fleet.environment);
  link().cut('silence');
  for (const id of ['kept', 'dropped']) await askInTunnel(id);
  const { items } = await outboxOf(program, DEVICE);
  expect(items.map(({ kind }) => kind)).toEqual(['answer.finish', 'answer.finish']);
  const listed = await aiflow('outbox');
  expect(listed.stdout).toMatch(/answer\.finish .*\n.*answer\.finish .*\n2 item\(s\) wait at device-1/);
  const unwanted = items.find(({ supersedesKey }) => supersedesKey?.includes('dropped'))!.id;
  expect((await aiflow('outbox', 'drop', unwanted)).stdout).toBe('1 item(s) of device-1 dropped\n');
  expect((await aiflow('outbox', 'retry')).stdout).toBe('1 item(s) of device-1 to be offered now\n');
  expect(await aiflow('outbox', 'drop', unwanted)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/not-found/),
  });
  link().heal();
  await expectRevised('kept');
  const told = await aiflow('answer', 'kept');
  expect(told.stdout).toBe(`${reference}\n`);
  expect(told.stderr).toMatch(/^finished by others by exit \d+ of the \w+/);
  expect((await aiflow('answer')).stdout).toMatch(/dropped +answered alone.*\n.*kept +finished by others/);
  expect(await stateOf('dropped')).toBe('alone');
}, 60_000);
