// SPDX-License-Identifier: Apache-2.0
// Every step of every disk, enumerated: whatever is cut there, what was accepted is answered, and finished once.
import type { CrashKind } from '@aiflow/journal';
import { describe, expect, test } from 'vitest';
import type { RequestRecord } from '../src/index.ts';
import { type OfflineAnswer, type OfflineFleet, startOfflineFleet } from './offline-fleet.ts';

const question = 'where is the docking station?';
const STEP = Number(process.env.KILL_STEP ?? 1);
/** The tunnel, the answer in it, and the way out. */
const TUNNEL_MS = 3000;

interface Story {
  readonly fleet: OfflineFleet;
  readonly first: OfflineAnswer;
  /** Every state of the record that was on the disk while its node lived, the same ones left out. */
  readonly states: readonly RequestRecord[];
  readonly wasKilled: boolean;
}

/** Asks in a tunnel, leaves it, and has everything settle; `victim` is cut at its disk's operation `at`, and comes back. */
async function tell(victim: string, at: number, kind: CrashKind): Promise<Story> {
  const fleet = await startOfflineFleet({ confirmAfterMs: 10_000 });
  const { clock } = fleet;
  const states: RequestRecord[] = [];
  const note = (): void => {
    const record = fleet.isAlive('device-1') ? fleet.life('device-1').book.get('r-1') : undefined;
    if (record !== undefined && states.at(-1)?.state !== record.state) states.push(record);
  };
  const disk = fleet.disk(victim);
  const target = disk.operations + at;
  if (at > 0) disk.crashAt(target, kind);
  fleet.tunnel(true);
  const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 1000 }, { timeoutMs: 2000 });
  let wasKilled = false;
  for (let ms = 0; ms < 60_000; ms += 5) {
    await clock.advance(5);
    note();
    if (ms === TUNNEL_MS) fleet.tunnel(false);
    if (at === 0 || wasKilled || disk.operations < target) continue;
    wasKilled = true;
    fleet.kill(victim, kind);
    void clock.setTimer(700, () => void fleet.start(victim));
  }
  return { fleet, first: await clock.runUntilSettled(asking), states, wasKilled };
}

/** What holds wherever the cut was. */
async function expectSettled({ fleet, first, states }: Story): Promise<void> {
  const again = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }, { timeoutMs: 40_000 }));
  expect(again.error).toBeUndefined();
  expect(again.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
  if (first.isAccepted) expect(states.at(-1)).toMatchObject({ id: 'r-1', state: 'revised' });
  expect(states.filter(({ state }) => state === 'revised').length).toBeLessThanOrEqual(1);
  for (const node of ['device-1', 'edge-1', 'cloud-1']) {
    expect(fleet.life(node).store.entries()).toEqual([]);
    expect(fleet.life(node).store.records('job').size).toBe(0);
  }
}

describe.each([
  ['device-1', 'power'],
  ['device-1', 'process'],
  ['edge-1', 'power'],
  ['edge-1', 'process'],
] as const)('%s, cut by %s', (victim, kind) => {
  test('at each operation of its disk, still gives one answer and one revision', async () => {
    let cuts = 0;
    for (let at = 1; ; at += STEP) {
      const story = await tell(victim, at, kind);
      await expectSettled(story);
      await story.fleet.stop();
      if (!story.wasKilled) break;
      cuts += 1;
    }
    expect(cuts * STEP).toBeGreaterThan(5);
  }, 300_000);
});

test('with nothing cut the request goes from accepted to alone to revised, once each', async () => {
  const story = await tell('device-1', 0, 'process');
  await expectSettled(story);
  expect(story.states.map(({ state }) => state)).toEqual(['accepted', 'alone', 'revised']);
  await story.fleet.stop();
});

test('what was accepted before a kill is answered after it, late ones marked', async () => {
  const fleet = await startOfflineFleet();
  fleet.tunnel(true);
  const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 500 }, { timeoutMs: 600 });
  await fleet.clock.advance(30);
  fleet.kill('device-1', 'power');
  await fleet.clock.advance(5000);
  await fleet.start('device-1');
  await fleet.clock.advance(2000);
  expect((await fleet.clock.runUntilSettled(asking)).isAccepted).toBe(true);
  expect(fleet.life('device-1').book.get('r-1')).toMatchObject({
    state: 'alone',
    summary: { late: true },
    revision: { text: fleet.alone(question, 1) },
  });
  await fleet.stop();
});

test('an answer in time after a kill is not called late', async () => {
  const fleet = await startOfflineFleet();
  const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 20_000 }, { timeoutMs: 25_000 });
  await fleet.clock.advance(30);
  fleet.kill('device-1', 'power');
  await fleet.clock.advance(1000);
  await fleet.start('device-1');
  await fleet.clock.advance(5000);
  await fleet.clock.runUntilSettled(asking);
  const record = fleet.life('device-1').book.get('r-1');
  expect(record).toMatchObject({ state: 'answered', summary: { exact: true } });
  expect(record?.summary?.late).toBeUndefined();
  await fleet.stop();
});

test('a clock set back a year keeps nobody waiting', async () => {
  const fleet = await startOfflineFleet();
  await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-0' }));
  const { book } = fleet.life('device-1');
  const record = book.get('r-0');
  const future = { ...record!, acceptedMs: record!.acceptedMs + 3e10, dueMs: record!.dueMs + 3e10 };
  await fleet.clock.runUntilSettled(book.change('r-0', () => ({ record: { ...future, state: 'accepted' as const } })));
  fleet.kill('device-1');
  await fleet.start('device-1');
  await fleet.clock.advance(10_000);
  expect(fleet.life('device-1').book.get('r-0')).toMatchObject({ state: 'answered' });
  await fleet.stop();
});
