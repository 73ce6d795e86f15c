// SPDX-License-Identifier: Apache-2.0
// A request with an id: noted before it is worked on, answered whoever is missing, finished when others are back.
import { afterEach, describe, expect, test } from 'vitest';
import { requestStatus } from '../src/index.ts';
import { type OfflineAnswer, type OfflineFleet, type OfflineFleetOptions, startOfflineFleet } from './offline-fleet.ts';
import { CLOUD, DEVICE, EDGE } from './toy-fleet.ts';

const question = 'where is the docking station?';
const MINUTE_MS = 60_000;
const fleets: OfflineFleet[] = [];

async function start(options: OfflineFleetOptions = {}): Promise<OfflineFleet> {
  const fleet = await startOfflineFleet(options);
  fleets.push(fleet);
  return fleet;
}

afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop();
});

function committedNeverChanges({ revisions }: OfflineAnswer): void {
  let committed = '';
  let sequence = 0;
  for (const revision of revisions) {
    expect(revision.sequence).toBeGreaterThan(sequence);
    expect(revision.text.startsWith(committed)).toBe(true);
    sequence = revision.sequence;
    committed = Buffer.from(revision.text).subarray(0, revision.committedBytes).toString();
  }
}

describe('a request with an id', () => {
  test('is accepted first, and answered as any other', async () => {
    const fleet = await start();
    const answer = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    expect(answer).toMatchObject({ isAccepted: true, error: undefined, summary: { exact: true, outcome: 'complete' } });
    expect(answer.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(answer.summary?.awaitsRevision).toBeUndefined();
    expect(fleet.life('device-1').book.get('r-1')).toMatchObject({ state: 'answered' });
    expect(fleet.life('device-1').store.entries()).toEqual([]);
  });

  test('asked for again gives the same answer, with nobody at work', async () => {
    const fleet = await start();
    const first = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    fleet.tunnel(true);
    const again = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    expect(again.summary).toEqual(first.summary);
    expect(again.revisions).toEqual([first.revisions.at(-1)]);
    expect(again.durationMs).toBeLessThan(50);
  });

  test('asked twice at once is answered once, to both', async () => {
    const fleet = await start();
    const both = Promise.all([fleet.ask({ question, id: 'r-1' }), fleet.ask({ question, id: 'r-1' })]);
    const [one, other] = await fleet.clock.runUntilSettled(both);
    expect(one?.summary).toEqual(other?.summary);
    expect(other?.revisions.at(-1)).toEqual(one?.revisions.at(-1));
    expect(other?.revisions.length).toBeGreaterThan(1);
    committedNeverChanges(other as OfflineAnswer);
  });

  test('whose id names another question is refused, and so is one that is no id', async () => {
    const fleet = await start();
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    const other = await fleet.clock.runUntilSettled(fleet.ask({ question: 'who?', id: 'r-1' }));
    expect(other.error).toMatchObject({ code: 'already-exists' });
    const odd = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'a b' }));
    expect(odd.error).toMatchObject({ code: 'invalid-argument' });
  });

  test('that can never be answered is refused and not noted', async () => {
    const fleet = await start();
    const { error, isAccepted } = await fleet.clock.runUntilSettled(fleet.ask({ question: ' ', id: 'r-1' }));
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(isAccepted).toBe(false);
    expect(fleet.life('device-1').book.list()).toEqual([]);
  });

  test('goes on without its asker', async () => {
    const fleet = await start();
    const controller = new AbortController();
    fleet.clock.setTimer(60, () => controller.abort());
    const left = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }, { signal: controller.signal }));
    expect(left.error).toMatchObject({ code: 'cancelled' });
    await fleet.clock.advance(5000);
    expect(fleet.life('device-1').book.get('r-1')).toMatchObject({ state: 'answered', summary: { exact: true } });
  });

  test('is told of by its id, and in the list of the newest', async () => {
    const fleet = await start();
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    await fleet.clock.runUntilSettled(fleet.ask({ question: 'who?', id: 'r-2' }));
    const to = { node: 'device-1', actor: 'requests' };
    const { system } = fleet.life('edge-1');
    const [one] = await fleet.clock.runUntilSettled(system.ask(to, requestStatus, { id: 'r-1' }));
    expect(one).toMatchObject({ id: 'r-1', state: 'answered', revision: { text: fleet.alone(question, 4) } });
    const all = await fleet.clock.runUntilSettled(system.ask(to, requestStatus, {}));
    expect(all.map(({ id }) => id).sort()).toEqual(['r-1', 'r-2']);
    await expect(fleet.clock.runUntilSettled(system.ask(to, requestStatus, { id: 'r-3' }))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('in the tunnel', () => {
  test.each([
    ['auto', {}],
    ['an exit that nobody holds now', { exit: 4 }],
    ['the cloud alone', { tiers: 'cloud-only' as const }],
    ['two tiers', { tiers: 'two' as const }],
  ])('%s: the device answers by itself, says so, and the edge finishes it', async (_, wish) => {
    const fleet = await start();
    fleet.tunnel(true);
    const answer = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', deadlineMs: 5000, ...wish }));
    expect(answer.error).toBeUndefined();
    expect(answer.summary).toMatchObject({ exact: false, awaitsRevision: { requestId: 'r-1' }, committed: 0 });
    expect(answer.revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 1), committed: 0 });
    expect(answer.durationMs).toBeLessThanOrEqual(5000);
    expect(fleet.life('device-1').store.entries()).toHaveLength(1);
    fleet.tunnel(false);
    await fleet.clock.advance(MINUTE_MS / 2);
    const record = fleet.life('device-1').book.get('r-1');
    expect(record).toMatchObject({ state: 'revised', revision: { text: fleet.alone(question, 4), finished: true } });
    expect(record?.summary?.awaitsRevision).toBeUndefined();
    expect(fleet.life('device-1').store.entries()).toEqual([]);
    const again = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', ...wish }));
    expect(again.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
  });

  test('a peer that is silent, and nobody knows, fails nothing: a text stands by the deadline', async () => {
    for (const [deadlineMs, tiers] of [
      [300, 'auto'],
      [300, 'cloud-only'],
      [2000, 'cloud-only'],
      [12_000, 'three'],
    ] as const) {
      const fleet = await start({ noticesAtOnce: false });
      fleet.tunnel(true);
      const answer = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', deadlineMs, tiers }));
      expect(answer.error).toBeUndefined();
      expect(answer.summary?.awaitsRevision).toBeDefined();
      const said = answer.revisions.at(-1)?.text ?? '';
      expect(said).not.toBe('');
      expect(fleet.alone(question, 1).startsWith(said)).toBe(true);
      if (deadlineMs > 300) expect(said).toBe(fleet.alone(question, 1));
      expect(answer.durationMs).toBeLessThanOrEqual(deadlineMs + 1);
      await fleet.stop();
    }
  });

  test('a client that still waits gets the revision on its stream', async () => {
    const fleet = await start();
    fleet.tunnel(true);
    const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 1000, revisionsUntilMs: 50_000 });
    const joining = fleet.ask({ question, id: 'r-1', deadlineMs: 1000, revisionsUntilMs: 50_000 });
    fleet.clock.setTimer(10_000, () => fleet.tunnel(false));
    for (const answer of await fleet.clock.runUntilSettled(Promise.all([asking, joining]))) {
      expect(answer.error).toBeUndefined();
      expect(answer.provisional).toMatchObject([{ provisional: true, awaitsRevision: { requestId: 'r-1' } }]);
      expect(answer.summary).toMatchObject({ exact: true, outcome: 'complete' });
      expect(answer.summary?.awaitsRevision).toBeUndefined();
      expect(answer.revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true });
      expect(answer.durationMs).toBeGreaterThan(10_000);
      committedNeverChanges(answer);
    }
  });

  test('a client that waited long enough gets what stands, as awaiting its revision', async () => {
    const fleet = await start();
    fleet.tunnel(true);
    const times = { deadlineMs: 1000, revisionsUntilMs: 9000 };
    const answer = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', ...times }));
    expect(answer.durationMs).toBeGreaterThanOrEqual(8900);
    expect(answer.summary).toMatchObject({ awaitsRevision: { requestId: 'r-1' } });
    expect(answer.summary?.provisional).toBeUndefined();
  });

  test('an answer of a sampled question is finished with the same seed', async () => {
    const fleet = await start();
    const sampling = { temperature: 0.7, seed: 11 };
    const reference = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-0', sampling }));
    fleet.tunnel(true);
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', sampling }));
    fleet.tunnel(false);
    await fleet.clock.advance(MINUTE_MS / 2);
    expect(fleet.life('device-1').book.get('r-1')?.revision?.text).toBe(reference.revisions.at(-1)?.text);
  });

  test('what a device was asked to say by itself is not sent to anybody', async () => {
    const fleet = await start();
    fleet.tunnel(true);
    const { summary } = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', tiers: 'local' }));
    expect(summary?.awaitsRevision).toBeUndefined();
    expect(summary?.committed).toBeGreaterThan(0);
    expect(fleet.life('device-1').book.get('r-1')).toMatchObject({ state: 'answered' });
    expect(fleet.life('device-1').store.entries()).toEqual([]);
  });

  test('a full disk takes no request, and takes no answer away', async () => {
    const fleet = await start();
    fleet.tunnel(true);
    const disk = fleet.disk('device-1');
    const asking = fleet.ask({ question, id: 'r-1' });
    await fleet.clock.advance(20);
    disk.limit(disk.usedBytes);
    const answer = await fleet.clock.runUntilSettled(asking);
    expect(answer.error).toBeUndefined();
    expect(answer.revisions.at(-1)?.text).toBe(fleet.alone(question, 1));
    expect(answer.summary?.reasons.join()).toContain('not noted on the disk');
    const refused = await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-2' }));
    expect(refused).toMatchObject({ isAccepted: false, error: { code: 'resource-exhausted' } });
    const plain = await fleet.clock.runUntilSettled(fleet.ask({ question }));
    expect(plain.error).toBeUndefined();
  });
});

describe('finishing', () => {
  test('an edge that can do no better waits for the cloud', async () => {
    const fleet = await start({ nodes: [DEVICE, { ...EDGE, exits: [1] }, CLOUD] });
    fleet.tunnel(true);
    fleet.cut('edge-1', 'cloud-1');
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(MINUTE_MS / 2);
    expect(fleet.life('edge-1').store.records('job').size).toBe(1);
    expect(fleet.life('device-1').book.get('r-1')?.state).toBe('alone');
    fleet.heal('edge-1', 'cloud-1');
    await fleet.clock.advance(MINUTE_MS / 2);
    expect(fleet.life('device-1').book.get('r-1')).toMatchObject({
      state: 'revised',
      revision: { text: fleet.alone(question, 4) },
    });
  });

  test('an edge that can do better does, and says how far it went', async () => {
    const fleet = await start({ nodes: [DEVICE, EDGE] });
    fleet.tunnel(true);
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    fleet.tunnel(false);
    await fleet.clock.advance(MINUTE_MS / 2);
    const record = fleet.life('device-1').book.get('r-1');
    expect(record).toMatchObject({ state: 'revised', summary: { exact: false } });
    expect(record?.revision?.text).toBe(fleet.alone(question, 3));
  });

  test('nobody who can do better in time is told of, and the answer stands', async () => {
    const fleet = await start({ nodes: [DEVICE, { ...EDGE, exits: [1] }] });
    fleet.tunnel(true);
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', finishWithinMs: 5 * MINUTE_MS }));
    fleet.tunnel(false);
    await fleet.clock.advance(7 * MINUTE_MS);
    const record = fleet.life('device-1').book.get('r-1');
    expect(record).toMatchObject({ state: 'answered', revision: { text: fleet.alone(question, 1) } });
    expect(record?.summary?.reasons.join()).toContain('nobody finished the answer within 300000 ms');
  });

  test('a peer that takes it and forgets is asked again, once more and under the next epoch', async () => {
    const fleet = await start({ confirmAfterMs: 20_000 });
    fleet.tunnel(true);
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    fleet.cut('edge-1', 'cloud-1');
    fleet.heal('device-1', 'edge-1');
    while (fleet.life('edge-1').store.records('job').size === 0) await fleet.clock.advance(1);
    fleet.cut('device-1', 'edge-1');
    const [job] = [...fleet.life('edge-1').store.records('job').keys()];
    await fleet.clock.runUntilSettled(
      fleet.life('edge-1').store.commit([{ kind: 'delete', table: 'job', key: job ?? '' }]),
    );
    fleet.heal('edge-1', 'cloud-1');
    await fleet.clock.advance(5000);
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(10_000);
    expect(fleet.life('device-1').book.get('r-1')?.state).toBe('alone');
    await fleet.clock.advance(MINUTE_MS);
    const record = fleet.life('device-1').book.get('r-1');
    expect(record).toMatchObject({ state: 'revised', revision: { text: fleet.alone(question, 4) } });
    expect((record?.epoch ?? 0) - (record?.epochBase ?? 0)).toBe(2);
  });

  test('two edges that finish the same request: one revision counts', async () => {
    const second = { ...EDGE, node: 'edge-2' };
    const fleet = await start({ nodes: [DEVICE, EDGE, second, CLOUD], confirmAfterMs: 20_000 });
    fleet.tunnel(true);
    fleet.cut('edge-1', 'cloud-1');
    const revisions: unknown[] = [];
    fleet.life('device-1').book.onChange('r-1', () => revisions.push(fleet.life('device-1').book.get('r-1')?.revision));
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1' }));
    const before = revisions.length;
    fleet.heal('device-1', 'edge-1'); // it takes the item; its answer has to wait for the link
    while (fleet.life('edge-1').store.records('job').size === 0) await fleet.clock.advance(1);
    fleet.cut('device-1', 'edge-1');
    fleet.heal('device-1', 'edge-2');
    await fleet.clock.advance(2 * MINUTE_MS);
    const record = fleet.life('device-1').book.get('r-1');
    expect(record).toMatchObject({ state: 'revised', revision: { text: fleet.alone(question, 4) } });
    fleet.heal('device-1', 'edge-1');
    await fleet.clock.advance(2 * MINUTE_MS);
    expect(fleet.life('edge-1').store.entries()).toEqual([]);
    expect(fleet.life('device-1').book.get('r-1')).toEqual(record);
    expect(revisions.length - before).toBeLessThanOrEqual(2); // asked again, and revised
  });

  test('an answer that comes home while this node goes on is shown to who stays, whatever was shown since it was noted', async () => {
    const fleet = await start({ answerTokens: 120 });
    fleet.tunnel(true);
    const asking = fleet.ask({ question, id: 'r-1', deadlineMs: 400, revisionsUntilMs: 30_000 });
    await fleet.clock.advance(410);
    expect(fleet.life('device-1').book.get('r-1')?.state).toBe('alone');
    fleet.tunnel(false);
    const { revisions, summary } = await fleet.clock.runUntilSettled(asking);
    expect(summary).toMatchObject({ outcome: 'complete', exact: true });
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    const numbers = revisions.map(({ sequence }) => sequence);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  test('weights that the edge does not have are refused with what it has', async () => {
    const fleet = await start({ modelHash: 'other' });
    fleet.tunnel(true);
    await fleet.clock.runUntilSettled(fleet.ask({ question, id: 'r-1', finishWithinMs: 10 * MINUTE_MS }));
    const { book, store } = fleet.life('device-1');
    fleet.tunnel(false);
    await fleet.clock.advance(5 * MINUTE_MS);
    expect(store.ended.refused).toBeGreaterThan(0);
    expect(book.get('r-1')?.state).toBe('alone');
    expect(fleet.life('edge-1').store.records('job').size).toBe(0);
    await fleet.clock.advance(10 * MINUTE_MS);
    expect(book.get('r-1')).toMatchObject({ state: 'answered', revision: { text: fleet.alone(question, 1) } });
  });
});
