import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAiflow } from '../../packages/node/test/aiflow-process.ts';
import { type AnsweringFleet, heldOutQuestions, startAnsweringFleet } from './answering-fleet.ts';

/** The first verdict of the cloud takes a round trip of 1 200 ms: it is late for any deadline under that. */
const CLOUD_DELAY_MS = 600;
const TIMES = { deadlineMs: 1000, revisionsUntilMs: 30_000 } as const;

let fleet: AnsweringFleet;
let question: string;
beforeAll(async () => {
  fleet = await startAnsweringFleet('revised', node =>
    node.tier === 'cloud' ? { ...node, link: { delayMs: CLOUD_DELAY_MS, jitterMs: 0 } } : node,
  );
  question = heldOutQuestions(1)[0]?.question ?? '';
  await fleet.ask(question, { tiers: 'two', exit: 5 }); // the first question after a start is slower
}, 60_000);
afterAll(() => fleet[Symbol.asyncDispose]());

test('the device answers by the deadline, and the cloud over its slow link has the last word', async () => {
  const answer = fleet.client.ask(question, { at: 'device-1', tiers: 'three', ...TIMES });
  const standing = await answer.atDeadline();
  expect(standing.summary).toMatchObject({ provisional: true, outcome: 'deadline', exact: false, committed: 0 });
  expect(standing.revision).toMatchObject({ tier: expect.stringMatching(/device|edge/), committedBytes: 0 });
  expect(standing.text).not.toBe('');
  const { text, summary } = await answer;
  expect(summary).toMatchObject({ outcome: 'complete', exact: true, mode: 'three' });
  expect(summary.provisional).toBeUndefined();
  expect(summary.durationMs).toBeGreaterThan(standing.summary.durationMs);
  const alone = await fleet.ask(question, { tiers: 'cloud-only' });
  expect(text).toBe(alone.text);
});

test('the command shows the answer of the deadline, then what it became', async () => {
  const asking = ['ask', question, '--tiers', 'three', '--deadline', '1000', '--revise-until', '30000'];
  const aiflow = (...more: string[]) => runAiflow([...asking, '--fleet', 'revised', ...more], fleet.environment);
  const { status, stdout } = await aiflow('--json');
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ outcome: 'complete', exact: true, atDeadline: { committed: 0 } });
  expect(report.atDeadline.answer).not.toBe('');
  expect(report.durationMs).toBeGreaterThan(report.atDeadline.durationMs);
  const shown = await aiflow();
  expect(shown.status).toBe(0);
  expect(shown.stderr).toMatch(
    /^at the deadline, \d+ ms: \w+ exit \d, .* committed; it may be revised until 30000 ms$/m,
  );
  expect(shown.stderr).toMatch(/^(revised after|unchanged since) the deadline/m);
  expect(shown.stdout.trimEnd().split('\n').at(-1)).toBe(report.answer);
});
