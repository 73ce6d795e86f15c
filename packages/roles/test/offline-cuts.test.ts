// SPDX-License-Identifier: Apache-2.0
// The uplink cut at any moment of an answer and of its finishing, for a second or for a minute.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RequestRecord } from '../src/index.ts';
import { type OfflineFleet, startOfflineFleet } from './offline-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 40);
const question = 'which way to the dock?';

async function expectFinished(fleet: OfflineFleet, id: string): Promise<RequestRecord | undefined> {
  for (let minutes = 0; minutes < 15; minutes++) {
    const state = fleet.life('device-1').book.get(id)?.state;
    if (state !== 'accepted' && state !== 'alone') break;
    await fleet.clock.advance(60_000);
  }
  const record = fleet.life('device-1').book.get(id);
  expect(['answered', 'revised']).toContain(record?.state);
  expect(record?.summary).toMatchObject({ outcome: 'complete' });
  if (record?.summary?.exact === true) expect(record.revision?.text).toBe(fleet.alone(question, 4));
  for (const node of ['device-1', 'edge-1', 'cloud-1']) {
    expect(fleet.life(node).store.entries()).toEqual([]);
    expect(fleet.life(node).store.records('job').size).toBe(0);
  }
  return record;
}

test('wherever the link is cut while an answer is made, a text stands by the deadline and is finished afterwards', async () => {
  let alone = 0;
  for (let atMs = 0; atMs <= 260; atMs += 10) {
    const fleet = await startOfflineFleet({ delayMs: 10 });
    fleet.clock.setTimer(atMs, () => fleet.tunnel(true));
    const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 4000 });
    const answer = await fleet.clock.runUntilSettled(asking);
    expect(answer.error).toBeUndefined();
    expect(answer.revisions.at(-1)?.text).not.toBe('');
    expect(answer.durationMs).toBeLessThanOrEqual(4001);
    const { state, revision } = fleet.life('device-1').book.get('r-1') ?? {};
    const sure = Buffer.from(revision?.text ?? '')
      .subarray(0, revision?.committedBytes)
      .toString();
    expect(fleet.alone(question, 4).startsWith(sure)).toBe(true);
    expect(state === 'alone').toBe(answer.summary?.awaitsRevision !== undefined);
    if (state === 'alone') alone += 1;
    fleet.tunnel(false);
    expect(await expectFinished(fleet, 'r-1')).toMatchObject({ summary: { exact: true } });
    await fleet.stop();
  }
  expect(alone).toBeGreaterThan(5);
}, 120_000);

test('cuts and kills at any time, of anybody: each request ends with the reference’s text, or says why not', async () => {
  const cut = fc.record({ atMs: fc.nat(8000), forMs: fc.constantFrom(50, 700, 20_000) });
  const kill = fc.record({
    node: fc.constantFrom('device-1', 'edge-1', 'cloud-1'),
    atMs: fc.nat(8000),
    forMs: fc.constantFrom(10, 900, 15_000),
    kind: fc.constantFrom('power' as const, 'process' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(cut, { maxLength: 4 }),
      fc.array(kill, { maxLength: 3 }),
      fc.integer({ min: 1, max: 1000 }),
      async (cuts, kills, seed) => {
        const fleet = await startOfflineFleet({ seed, confirmAfterMs: 10_000 });
        const { clock } = fleet;
        for (const { atMs, forMs } of cuts) {
          clock.setTimer(atMs, () => fleet.tunnel(true));
          clock.setTimer(atMs + forMs, () => fleet.tunnel(false));
        }
        for (const { node, atMs, forMs, kind } of kills) {
          clock.setTimer(atMs, () => {
            if (!fleet.isAlive(node)) return;
            fleet.kill(node, kind);
            clock.setTimer(forMs, () => void fleet.start(node));
          });
        }
        const asked: Promise<boolean>[] = [];
        for (const [at, beginMs] of [0, 1000, 2500].entries()) {
          clock.setTimer(beginMs, () => {
            const asking = fleet.ask({ question, id: `r-${at}`, deadlineMs: 1500 }, { timeoutMs: 3000 });
            asked.push(asking.then(({ isAccepted }) => isAccepted));
          });
        }
        await clock.advance(60_000);
        fleet.tunnel(false);
        for (const [at, isAccepted] of (await Promise.all(asked)).entries()) {
          if (!isAccepted) continue;
          const { summary, revision } = (await expectFinished(fleet, `r-${at}`)) ?? {};
          if (summary?.exact === true) continue;
          expect(kills.map(({ node }) => node)).toContain('cloud-1'); // else the edge had asked it
          expect(summary?.reasons.join()).toContain('not exact: exit 3 of edge-1');
          expect(revision?.exit).toBeGreaterThanOrEqual(3);
        }
        await fleet.stop();
      },
    ),
    { numRuns: RUNS },
  );
}, 240_000);
