// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { question, three } from './three-tiers.ts';
import { CLOUD, DEVICE, EDGE, startToyFleet } from './toy-fleet.ts';

describe('an answer of three tiers', () => {
  test('is what the cloud says alone, shown as it grows and summed up at the end', async () => {
    const fleet = await startToyFleet(three);
    const { revisions, summary, error } = await fleet.ask({ question });
    expect(error).toBeUndefined();
    expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true, modelHash: 'toy' });
    expect(revisions[0]).toMatchObject({ tier: 'device', exit: 1, committed: 0, committedBytes: 0, finished: false });
    expect(new Set(revisions.map(({ tier }) => tier))).toEqual(new Set(['device', 'edge', 'cloud']));
    for (const { text, committedBytes, edgeBytes } of revisions) {
      expect(edgeBytes).toBeGreaterThanOrEqual(committedBytes);
      expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(edgeBytes);
    }
    expect(summary).toMatchObject({
      mode: 'three',
      exact: true,
      far: false,
      outcome: 'complete',
      exit: 4,
      reasons: [],
    });
    expect(summary?.tiers.map(({ node, exit, role }) => [node, exit, role])).toEqual([
      ['device-1', 1, 'drafter'],
      ['edge-1', 3, 'verifier'],
      ['cloud-1', 4, 'verifier'],
    ]);
    expect(summary?.firstRevisionMs).toBeLessThan(summary?.durationMs ?? 0);
  });

  test('tells which messages and bytes each link carried', async () => {
    const fleet = await startToyFleet(three);
    const { summary } = await fleet.ask({ question });
    const links = summary?.links ?? [];
    const drafts = links.filter(({ kind }) => kind === 'aiflow.decode.draft');
    expect(drafts.map(({ peer }) => peer).sort()).toEqual(['cloud-1', 'edge-1']);
    for (const { messages, bytes } of drafts) expect(bytes / messages).toBeLessThan(100);
    expect(links.find(({ kind, peer }) => kind === 'aiflow.decode.open' && peer === 'cloud-1')?.messages).toBe(1);
  });

  test('an exit that the family lacks is refused with those it has', async () => {
    const fleet = await startToyFleet(three);
    const { error, revisions } = await fleet.ask({ question, exit: 7 });
    expect(error).toMatchObject({ code: 'not-found', hop: 'device-1' });
    expect(error?.message).toContain('has no exit 7: its exits are 1, 2, 3, 4');
    expect(revisions).toEqual([]);
  });

  test('leaves no session behind on any node', async () => {
    const fleet = await startToyFleet(three);
    await fleet.ask({ question });
    await fleet.clock.advance(1000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('leaves none behind either when the asker goes away half-way', async () => {
    const fleet = await startToyFleet(three);
    const controller = new AbortController();
    fleet.clock.setTimer(120, () => controller.abort());
    const { error, revisions } = await fleet.ask({ question }, { signal: controller.signal });
    expect(error?.code).toBe('cancelled');
    expect(revisions.length).toBeGreaterThan(0);
    await fleet.clock.advance(2000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('stops at every node when its reader leaves the loop', async () => {
    const fleet = await startToyFleet(three);
    const seen = await fleet.readFirst({ question });
    expect(seen).toMatchObject({ kind: 'revision', revision: { sequence: 1 } });
    await fleet.clock.advance(2000);
    for (const node of ['device-1', 'edge-1', 'cloud-1']) expect((await fleet.engine(node).status()).sessions).toBe(0);
  });

  test('stays the same when it is asked for by two askers at once', async () => {
    const fleet = await startToyFleet(three);
    const [one, other] = await Promise.all([fleet.ask({ question }), fleet.ask({ question: 'and the ladder?' })]);
    expect(one.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(other.revisions.at(-1)?.text).toBe(fleet.alone('and the ladder?', 4));
  });
});

describe('time', () => {
  test('a deadline of 1 ms fails at once, naming the node and what it waited for', async () => {
    const fleet = await startToyFleet(three);
    const { error, durationMs } = await fleet.ask({ question, deadlineMs: 1 });
    expect(error).toMatchObject({ code: 'deadline-exceeded', node: 'device-1', hop: 'device-1' });
    expect(error?.message).toContain('not answered within the 1 ms that were asked for: ');
    expect(durationMs).toBeLessThan(60);
  });

  test('at the deadline the best answer so far stands, and the summary says how far it got', async () => {
    const slow = { ...DEVICE, stepMs: 20 };
    const fleet = await startToyFleet({ ...three, nodes: [slow, EDGE, CLOUD] });
    const { summary, revisions } = await fleet.ask({ question, deadlineMs: 500 });
    expect(summary).toMatchObject({ outcome: 'deadline', exact: false });
    expect(summary?.durationMs).toBeLessThanOrEqual(500);
    const text = revisions.at(-1)?.text ?? '';
    const committed = Buffer.from(text).subarray(0, revisions.at(-1)?.committedBytes).toString();
    expect(text.length).toBeGreaterThan(0);
    expect(fleet.alone(question, 4).startsWith(committed)).toBe(true);
  });

  test('what the asker still waits bounds the answer, whatever deadline it states', async () => {
    const slow = { ...DEVICE, stepMs: 50 };
    const fleet = await startToyFleet({ nodes: [slow] });
    const { summary, error } = await fleet.ask({ question, deadlineMs: 60_000 }, { timeoutMs: 1000 });
    expect(error).toBeUndefined();
    expect(summary).toMatchObject({ outcome: 'deadline' });
  });
});

describe('audits', () => {
  test('another node that holds the exit derives the answer again', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }] });
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit).toEqual({ node: 'cloud-2', exit: 4, agreed: true, differsAt: undefined });
    expect(summary?.exact).toBe(true);
  });

  test('a reference that lies is found out', async () => {
    const fleet = await startToyFleet({ ...three, nodes: [DEVICE, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }] });
    const engine = fleet.engine('cloud-1');
    const verify = engine.verify.bind(engine);
    engine.verify = async (request, signal) => {
      const honest = await verify(request, signal);
      return honest.correction === undefined || honest.correction === 0
        ? honest
        : { ...honest, correction: honest.correction + 1 };
    };
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit?.agreed).toBe(false);
    expect(summary?.exact).toBe(false);
    expect(summary?.reasons[0]).toMatch(/^not exact: an audit by exit 4 of cloud-2 differs at token \d+$/);
  });

  test('without another node the same one audits itself, and the summary says so', async () => {
    const fleet = await startToyFleet(three);
    const { summary } = await fleet.ask({ question, audit: true });
    expect(summary?.audit).toMatchObject({ node: 'cloud-1', agreed: true });
    expect(summary?.reasons.join()).toContain('made by the node that answered');
  });
});
