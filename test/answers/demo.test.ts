import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AiflowProcess,
  createWorkspace,
  isAlive,
  listens,
  startAiflow,
  type Workspace,
} from '../../packages/node/test/aiflow-process.ts';
import { AIFLOW, commandOf, descendantsOf, runInTerminal, runs } from './answering-fleet.ts';

let workspace: Workspace;
let environment: Record<string, string>;
beforeEach(() => {
  workspace = createWorkspace();
  // Everything a program may write to lies in one folder, but for the graphs, which are kept between runs.
  environment = { ...workspace.env, HOME: join(workspace.folder, 'home'), XDG_CACHE_HOME: CACHE, NO_COLOR: '' };
});
afterEach(() => workspace[Symbol.dispose]());

const CACHE = join(homedir(), '.cache');
const QUESTION = 'What is 7 + 5?';
const ESCAPE = '\u001b';
const COLOR = new RegExp(`${ESCAPE}\\[[0-9;]*m`);

function expectNothingLeft(pids: readonly number[] = []): void {
  expect(pids.filter(runs), 'processes').toEqual([]);
  const run = environment.AIFLOW_RUN_FOLDER ?? '';
  expect(existsSync(run) ? readdirSync(run) : [], 'run files').toEqual([]);
  expect(
    readdirSync(workspace.folder).filter(name => name !== 'run'),
    'temporary files',
  ).toEqual([]);
}

describe('a demonstration that is left alone', () => {
  test('tells it all in plain text where there is no terminal, ends with status 0 and leaves nothing', async () => {
    await using demo = startAiflow(['demo'], environment);
    expect(await demo.status).toBe(0);
    expect(demo.stdout() + demo.stderr()).not.toContain(ESCAPE);
    expect(demo.stdout()).toMatch(/^question {2}\S/m);
    const [, answer] = /^question .*\n(.+)\nreference {2}(.+)\n/m.exec(demo.stdout()) ?? [];
    expect(demo.stdout()).toContain(`\nreference  ${answer}\n`);
    expect(demo.stdout()).toMatch(/^exact: what exit 11 alone would say; \d+ tokens in \d+ ms/m);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) {
      expect(demo.stdout()).toMatch(new RegExp(`^(device|edge|cloud) +${node} +\\d+ +\\d+ +\\d+ `, 'm'));
      expect(demo.stdout()).toMatch(new RegExp(`process [^\n]+? +${node} `));
    }
    expect(demo.stdout()).toMatch(/the cloud alone gives the same text/);
    expectNothingLeft();
  });

  test('refuses what can not be answered before anything starts, as an object with --json', async () => {
    for (const [args, code, status] of [
      [['  '], 'invalid-argument', 2],
      [[QUESTION, '--exit', '4'], 'not-found', 1],
    ] as const) {
      await using demo = startAiflow(['demo', ...args, '--json'], environment);
      expect(await demo.status).toBe(status);
      expect(JSON.parse(demo.stdout())).toMatchObject({
        error: { code, message: expect.stringMatching(/empty|1, 3, 5, 8, 11/) },
      });
      expect(demo.stderr()).toBe('');
    }
  });

  test('prints exactly one object with --json', async () => {
    await using demo = startAiflow(['demo', QUESTION, '--json'], environment);
    expect(await demo.status).toBe(0);
    expect(demo.stdout().trim().split('\n')).toHaveLength(1);
    expect(demo.stderr()).toBe('');
    const report = JSON.parse(demo.stdout());
    expect(report).toMatchObject({
      question: QUESTION,
      answer: '12.',
      cloudOnlyAnswer: '12.',
      exact: true,
      broker: { version: expect.stringMatching(/^\d+\.\d+/) },
    });
    expect(new Set(report.tiers.map(({ pid }: { pid: number }) => pid)).size).toBe(3);
    for (const tier of report.tiers)
      expect(Object.keys(tier).sort()).toEqual(['accepted', 'drafted', 'exit', 'ms', 'node', 'pid', 'tier']);
    expect(report.bytes.length).toBeGreaterThan(0);
    for (const traffic of report.bytes)
      expect(traffic).toMatchObject({ link: expect.stringContaining(' -> '), bytes: expect.any(Number) });
    const traces = new Set(report.trace.spans.map(({ traceId }: { traceId: string }) => traceId));
    expect(traces.size).toBe(1);
    const ids = new Set(report.trace.spans.map(({ spanId }: { spanId: string }) => spanId));
    for (const span of report.trace.spans) {
      expect(span).toMatchObject({ name: expect.any(String), node: expect.any(String) });
      expect([span.startMs, span.durationMs].every(Number.isFinite)).toBe(true);
      if (span.parentId !== undefined && span.parentId !== '') expect(ids).toContain(span.parentId);
    }
    expectNothingLeft();
  });

  test('has colours and a legend on a terminal', async () => {
    const { status, output } = await runInTerminal([...AIFLOW, 'demo', QUESTION], environment);
    expect(status).toBe(0);
    expect(output).toMatch(COLOR);
    expect(output).toMatch(/drafted by the device.*verified by the edge.*committed by the cloud/);
    expectNothingLeft();
  });

  test('has none there with NO_COLOR', async () => {
    const { status, output } = await runInTerminal([...AIFLOW, 'demo', QUESTION], { ...environment, NO_COLOR: '1' });
    expect(status).toBe(0);
    expect(output).not.toMatch(COLOR);
    expect(output).toContain('12.');
  });
});

describe('a demonstration that is broken off', () => {
  /** Waits until the answer has begun; gives the processes by then. */
  async function untilAnswering(demo: AiflowProcess): Promise<readonly number[]> {
    await demo.line(line => line.startsWith('question'));
    const pids = descendantsOf(demo.pid);
    expect(pids.length, 'three nodes, three model hosts and the broker').toBeGreaterThanOrEqual(7);
    return pids;
  }

  const brokerUrl = (demo: AiflowProcess): string => /listens on (nats:\S+)/.exec(demo.stderr())?.[1] ?? '';
  const pidOf = (demo: AiflowProcess, node: string): number =>
    Number(new RegExp(`^${node} .*process (\\d+)`, 'm').exec(demo.stderr())?.[1]);

  test('by Ctrl-C leaves no process, port or file', async () => {
    await using demo = startAiflow(['demo'], environment);
    const pids = await untilAnswering(demo);
    demo.child.kill('SIGINT');
    expect(await demo.status).toBe(130);
    expectNothingLeft(pids);
    expect(await listens(brokerUrl(demo))).toBe(false);
  });

  test('by the death of a node ends with status 1, names it, and leaves nothing', async () => {
    await using demo = startAiflow(['demo'], environment);
    const pids = await untilAnswering(demo);
    process.kill(pidOf(demo, 'edge-1'), 'SIGKILL');
    expect(await demo.status).toBe(1);
    expect(demo.stderr()).toMatch(/error unavailable: edge-1 ended by .*SIGKILL/);
    expectNothingLeft(pids);
  });

  test('by the death of its broker ends with status 1, says so, and leaves nothing', async () => {
    await using demo = startAiflow(['demo', '--keep'], environment);
    const pids = await untilAnswering(demo);
    const broker = pids.find(pid => commandOf(pid).includes('nats-server')) ?? 0;
    process.kill(broker, 'SIGKILL');
    expect(await demo.status).toBe(1);
    expect(demo.stderr()).toMatch(/error unavailable: nats-server .*ended by signal SIGKILL/);
    expectNothingLeft(pids);
  });

  test('by SIGKILL leaves no process', async () => {
    await using demo = startAiflow(['demo', '--keep'], environment);
    const pids = await untilAnswering(demo);
    demo.child.kill('SIGKILL');
    await demo.status;
    await expect.poll(() => pids.filter(pid => isAlive(pid) && runs(pid)), { timeout: 10_000 }).toEqual([]);
  });
});
