import type { AnswerResult } from '@aiflow/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnsweringFleet, heldOutQuestions, runs, startAnsweringFleet } from './answering-fleet.ts';

let fleet: AnsweringFleet;
let question: string;
let alone: AnswerResult;

// Slow judges, so that an answer is under way for long enough to be broken into.
beforeAll(async () => {
  fleet = await startAnsweringFleet('broken', node =>
    node.model === undefined || node.tier === 'device' ? node : { ...node, model: { ...node.model, slowdown: 4 } },
  );
  question = heldOutQuestions(1)[0]?.question ?? '';
  alone = await fleet.ask(question, { tiers: 'cloud-only' });
}, 60_000);
afterAll(() => fleet[Symbol.asyncDispose]());

/** Asks, and does `harm` once the first tokens are there and before the last. */
async function askAndHarm(harm: () => unknown, deadlineMs = 15_000): Promise<AnswerResult> {
  let revision: AnswerResult['revision'];
  let isHarmed = false;
  for await (const item of fleet.client.askItems(question, { at: 'device-1', deadlineMs, tiers: 'three' })) {
    if (item.kind === 'summary') return { revision, text: revision?.text ?? '', summary: item.summary };
    if (item.kind !== 'revision') continue;
    revision = item.revision;
    expect(isHarmed || !revision.finished, 'the answer was there before the harm').toBe(true);
    if (!isHarmed) harm();
    isHarmed = true;
  }
  throw new Error('the answer ended without a summary');
}

const stateOf = (name: string): string | undefined => fleet.client.nodes().find(node => node.name === name)?.state;

/** Waits until all three tiers answer together again. */
async function heal(): Promise<void> {
  const modeAndState = async (): Promise<string> => {
    const { summary } = await fleet.ask('What is 7 + 5?', { tiers: 'three' });
    return `${summary.mode} ${summary.tiers.map(tier => tier.state).join(' ')}`;
  };
  await expect
    .poll(() => modeAndState().catch(String), { timeout: 20_000, interval: 100 })
    .toBe('three serving serving serving');
}

test('a model host killed while its tier judges costs time, not the answer', async () => {
  const hosts = fleet.hostsOf('cloud-1');
  expect(hosts).toHaveLength(1);
  const { text, summary } = await askAndHarm(() => process.kill(hosts[0]!, 'SIGKILL'));
  expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(text).toBe(alone.text);
  await expect.poll(() => fleet.hostsOf('cloud-1').length).toBe(1);
  expect(fleet.hostsOf('cloud-1')).not.toEqual(hosts);
});

test("the device's own model host killed while it drafts costs time, not the answer", async () => {
  const { text, summary } = await askAndHarm(() => process.kill(fleet.hostsOf('device-1')[0]!, 'SIGKILL'));
  expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(text).toBe(alone.text);
});

test('a model host that hangs is passed over, killed and replaced', async () => {
  const [hung = 0] = fleet.hostsOf('edge-1');
  const { text, summary } = await askAndHarm(() => process.kill(hung, 'SIGSTOP'));
  expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(text).toBe(alone.text);
  await expect.poll(() => runs(hung), { timeout: 10_000 }).toBe(false);
  await heal();
});

test('a cloud killed half-way leaves a whole answer that says who had the last word', async () => {
  const hosts = fleet.hostsOf('cloud-1');
  const { text, summary } = await askAndHarm(() => fleet.kill('cloud-1'));
  expect(summary).toMatchObject({ outcome: 'complete', exact: false, endedByItself: true });
  expect(text).not.toBe('');
  expect(summary.references.at(-1)).toMatchObject({ node: 'edge-1', exit: 5 });
  expect(summary.reasons.join('\n')).toMatch(/exit 5 of edge-1 from token \d+ on had the last word, not exit 11/);
  expect(summary.reasons.join('\n')).toMatch(/the cloud tier was given up: device-1 -> cloud-1/);
  await expect.poll(() => hosts.filter(runs), { timeout: 5000 }).toEqual([]);
  await fleet.revive('cloud-1');
  await heal();
});

test('an edge killed half-way leaves an exact answer', async () => {
  const hosts = fleet.hostsOf('edge-1');
  const { text, summary } = await askAndHarm(() => fleet.kill('edge-1'));
  expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(text).toBe(alone.text);
  await expect.poll(() => hosts.filter(runs), { timeout: 5000 }).toEqual([]);
  await fleet.revive('edge-1');
  await heal();
});

test('an owner that is told to stop, with all its processes as a service manager does, finishes its answer first', async () => {
  const pids = [fleet.pidOf('device-1'), ...fleet.hostsOf('device-1')];
  const { text, summary } = await askAndHarm(() => {
    for (const pid of pids) process.kill(pid, 'SIGTERM');
  });
  expect(summary).toMatchObject({ outcome: 'complete', exact: true, reasons: [] });
  expect(text).toBe(alone.text);
  await expect.poll(() => pids.filter(runs), { timeout: 5000 }).toEqual([]);
  await fleet.revive('device-1');
  await expect.poll(() => stateOf('device-1'), { timeout: 10_000 }).toBe('alive');
});

test('an answer whose broker dies and comes back completes with every token, and the fleet heals', async () => {
  let restarted: Promise<void> | undefined;
  const { text, summary } = await askAndHarm(() => {
    restarted = fleet.running.broker?.kill().then(() => fleet.running.broker?.restart());
  });
  expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  expect(text).toBe(alone.text);
  await restarted;
  await heal();
});

test('an owner killed half-way fails its asker in time, naming the hop', async () => {
  const beganMs = performance.now();
  await expect(askAndHarm(() => fleet.kill('device-1'), 4000)).rejects.toMatchObject({
    code: expect.stringMatching(/^(unavailable|deadline-exceeded)$/),
    hop: `${fleet.client.client} -> device-1/answerer`,
  });
  expect(performance.now() - beganMs).toBeLessThan(4000 + 3000);
});
