import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAiflow } from '../../packages/node/test/aiflow-process.ts';
import { type AnsweringFleet, heldOutQuestions, startAnsweringFleet } from './answering-fleet.ts';

let fleet: AnsweringFleet;
beforeAll(async () => {
  fleet = await startAnsweringFleet('questions');
}, 60_000);
afterAll(() => fleet[Symbol.asyncDispose]());

const aiflow = (...args: string[]) => runAiflow([...args, '--fleet', 'questions'], fleet.environment);

test.each(heldOutQuestions(8))(
  'three processes say exactly what the cloud alone says: $question',
  async ({ question }) => {
    const together = await fleet.ask(question, { tiers: 'three' });
    const alone = await fleet.ask(question, { tiers: 'cloud-only' });
    expect(together.summary).toMatchObject({ mode: 'three', outcome: 'complete', exact: true });
    expect(alone.summary).toMatchObject({ mode: 'cloud-only', outcome: 'complete', exact: true });
    expect(together.text).toBe(alone.text);
  },
);

test('the report names the process of each tier, what it did, and where the bytes went', async () => {
  const [{ question, answer } = { question: '', answer: '' }] = heldOutQuestions(1);
  const { status, stdout } = await aiflow('ask', question, '--tiers', 'three', '--json');
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ question, answer, exact: true, outcome: 'complete', exit: 11 });
  const pids = ['device-1', 'edge-1', 'cloud-1'].map(fleet.pidOf);
  expect(report.tiers).toMatchObject([
    { node: 'device-1', tier: 'device', exit: 1, pid: pids[0] },
    { node: 'edge-1', tier: 'edge', exit: 5, pid: pids[1] },
    { node: 'cloud-1', tier: 'cloud', exit: 11, pid: pids[2] },
  ]);
  for (const { drafted, accepted, ms } of report.tiers) {
    expect(accepted).toBeGreaterThan(0);
    expect(drafted).toBeGreaterThanOrEqual(accepted);
    expect(ms).toBeGreaterThan(0);
  }
  const links = report.bytes.map(({ link }: { link: string }) => link);
  for (const link of ['device-1 -> edge-1', 'edge-1 -> device-1', 'device-1 -> cloud-1', 'cloud-1 -> device-1'])
    expect(links).toContain(link);
  const places = new Set(report.trace.spans.map(({ node }: { node: string }) => node));
  expect([...places]).toEqual(expect.arrayContaining(['device-1', 'edge-1', 'cloud-1']));
});

test('an exit of the middle gives its own answer, judged by one of those that hold it', async () => {
  const [{ question } = { question: '' }] = heldOutQuestions(1);
  const together = await fleet.ask(question, { exit: 5 });
  const alone = await fleet.ask(question, { at: 'edge-1', tiers: 'local', exit: 5 });
  expect(together.summary).toMatchObject({ exit: 5, exact: true, outcome: 'complete' });
  const judges = together.summary.references.map(({ node, exit }) => `${node} ${exit}`);
  expect([['edge-1 5'], ['cloud-1 5']]).toContainEqual(judges);
  expect(together.text).toBe(alone.text);
});

test("the device's own exit is answered by the device alone, and the same whoever the planner asks for it", async () => {
  const [{ question } = { question: '' }] = heldOutQuestions(1);
  const alone = await fleet.ask(question, { exit: 1, tiers: 'local' });
  expect(alone.summary).toMatchObject({ mode: 'local', exit: 1, exact: true, links: [] });
  const planned = await fleet.ask(question, { exit: 1 });
  expect(planned.summary).toMatchObject({ exit: 1, exact: true, outcome: 'complete' });
  expect(planned.text).toBe(alone.text);
});

test.each(heldOutQuestions(4))(
  'whichever way the planner takes, the text is what the cloud alone says: $question',
  async ({ question }) => {
    const planned = await fleet.ask(question);
    const alone = await fleet.ask(question, { tiers: 'cloud-only' });
    expect(planned.summary).toMatchObject({ outcome: 'complete', exact: true, exit: 11 });
    expect(planned.text).toBe(alone.text);
  },
);

test('an exit that the family does not have is refused with those it has', async () => {
  await expect(fleet.ask('What is 7 + 5?', { exit: 4 })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/no exit 4.*1, 3, 5, 8, 11/),
  });
});

test.each([3, 8])("exit %d is the cloud's and gives its own answer", async exit => {
  const [{ question } = { question: '' }] = heldOutQuestions(1);
  const together = await fleet.ask(question, { exit });
  const alone = await fleet.ask(question, { at: 'cloud-1', tiers: 'local', exit });
  expect(together.summary).toMatchObject({ exit, exact: true, outcome: 'complete' });
  expect(together.summary.references.map(({ node, exit }) => `${node} ${exit}`)).toEqual([`cloud-1 ${exit}`]);
  expect(together.text).toBe(alone.text);
});

test('an exit that nobody within reach holds is refused with those they hold, before anything is answered', async () => {
  await expect(fleet.ask('What is 7 + 5?', { exit: 8, tiers: 'local' })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/no reachable node holds exit 8: this node alone.* has 1$/),
  });
  const { status, stdout, stderr } = await aiflow('ask', 'What is 7 + 5?', '--exit', '8', '--tiers', 'local');
  expect(status).toBe(1);
  expect(stdout.trim()).toBe('');
  expect(stderr).toMatch(/error not-found .*no reachable node holds exit 8/);
});

test('a deadline of one millisecond fails naming the hop', async () => {
  await expect(fleet.ask('What is 7 + 5?', { deadlineMs: 1 })).rejects.toMatchObject({
    code: 'deadline-exceeded',
    hop: expect.stringContaining('device-1'),
  });
});

test('an empty question and one of 100,000 characters are refused with the reason', async () => {
  for (const empty of ['', ' \n\t'])
    await expect(fleet.ask(empty)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('is empty'),
    });
  await expect(fleet.ask('7'.repeat(100_000))).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringMatching(/100000 characters, at most 8000 are allowed/),
  });
});

test('control characters and emoji are read as any other text', async () => {
  const question = '\u0000\u0007\u001b[31mWhat is 7 + 5? \u{1f681}\u{1f469}\u200d\u{1f52c}\ud800';
  const together = await fleet.ask(question);
  expect(Buffer.from(together.text).toString()).toBe(together.text); // no half of a character
  expect(together.summary.outcome).toMatch(/complete|far/);
});

test('a question far from the training is refused with three that work', async () => {
  const { text, summary } = await fleet.ask('Who painted the ceiling of the Sistine Chapel, and in which century?');
  expect(summary).toMatchObject({ far: true, outcome: 'far', exact: false, links: [] });
  const shown = text.split('\n').flatMap(line => (line.startsWith('- ') ? [line.slice(2)] : []));
  expect(shown).toHaveLength(3);
  for (const question of shown) expect((await fleet.ask(question)).summary).toMatchObject({ far: false, exact: true });
});
