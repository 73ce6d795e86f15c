// SPDX-License-Identifier: Apache-2.0
// An answer that is due at one time and may be revised until a later one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { committedText, distant, expectCommittedNeverChanges, late } from './late-cloud.ts';
import { startPlanned } from './planned-toy-fleet.ts';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE, EDGE, honestCosts, startToyFleet } from './toy-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 60);
/** Whatever the summary at the deadline says is so of the text that was shown by then. */
function expectAnAnswerAtTheDeadline({ provisional }: Asked, deadlineMs: number): void {
  for (const { summary, revision, atMs } of provisional) {
    expect(atMs).toBeLessThanOrEqual(deadlineMs + 1);
    expect(summary).toMatchObject({ outcome: 'deadline', exact: false, committed: revision?.committed ?? 0 });
    if (revision === undefined) continue;
    expect(revision.exit).toBeGreaterThan(0);
    expect(revision.confidence).toBeGreaterThan(0);
    expect(summary.firstRevisionMs).toBeLessThanOrEqual(deadlineMs);
  }
}

test('over any links and by any deadline: best answer then, committed text stays, the reference has the last word', async () => {
  let revised = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        deadlineMs: fc.integer({ min: 0, max: 600 }),
        moreMs: fc.constantFrom(1, 300, 20_000),
        tiers: fc.constantFrom(
          'auto' as const,
          'local' as const,
          'two' as const,
          'three' as const,
          'cloud-only' as const,
        ),
        stepMs: fc.constantFrom(4, 40),
        edgeMs: fc.integer({ min: 1, max: 100 }),
        cloudMs: fc.integer({ min: 1, max: 600 }),
        isPlanned: fc.boolean(),
        exits: fc.constantFrom([1], [1, 4]),
      }),
      async ({ deadlineMs, moreMs, tiers, stepMs, edgeMs, cloudMs, isPlanned, exits }) => {
        const nodes = [{ ...DEVICE, stepMs, exits }, EDGE, { ...CLOUD, stepMs: 12 }];
        const costs = isPlanned ? honestCosts : () => undefined;
        const fleet = await startPlanned(nodes, { 'edge-1': edgeMs, 'cloud-1': cloudMs }, costs);
        const revisionsUntilMs = deadlineMs + moreMs;
        const asked = await fleet.ask({ question, tiers, deadlineMs, revisionsUntilMs });
        expect(asked.durationMs).toBeLessThanOrEqual(revisionsUntilMs + 1);
        expectCommittedNeverChanges(asked);
        expectAnAnswerAtTheDeadline(asked, deadlineMs);
        expect(asked.provisional.length).toBeLessThanOrEqual(1);
        if (asked.durationMs > deadlineMs + 1) expect(asked.provisional).toHaveLength(1);
        if (asked.revisions.length === 0) {
          expect(asked.error).toMatchObject({ code: 'deadline-exceeded' });
          return;
        }
        expect(asked.error).toBeUndefined();
        expect(['complete', 'deadline']).toContain(asked.summary?.outcome);
        const exit = tiers === 'local' ? (exits.at(-1) ?? 1) : 4;
        expect(fleet.alone(question, exit).startsWith(committedText(asked.revisions.at(-1)))).toBe(true);
        if (asked.summary?.outcome !== 'complete') return;
        expect(asked.revisions.at(-1)).toMatchObject({ text: fleet.alone(question, exit), finished: true });
        if (asked.provisional[0] !== undefined) revised += 1;
      },
    ),
    { numRuns: RUNS },
  );
  expect(revised).toBeGreaterThan(RUNS / 6);
}, 120_000);

describe('a cloud that is late for the deadline', () => {
  test('corrects afterwards what the device had drafted by then', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, revisions, summary } = await fleet.ask(late);
    expect(provisional).toHaveLength(1);
    const [{ revision, summary: atDeadline }] = provisional as [(typeof provisional)[0]];
    expect(revision).toMatchObject({ tier: 'device', exit: 1, committedBytes: 0, finished: false });
    expect(revision?.confidence).toBeLessThan(1);
    expect(atDeadline).toMatchObject({ mode: 'two', committed: 0, durationMs: 150 });
    expect(atDeadline.tiers).toMatchObject([{ node: 'device-1', role: 'drafter' }, { node: 'cloud-1' }]);
    expect(atDeadline.reasons.join()).toMatch(/the deadline came after 150 ms with 0 of \d+ tokens committed/);
    const text = fleet.alone(question, 4);
    expect(text.startsWith(revision?.text ?? '')).toBe(false);
    expect(revisions.at(-1)).toMatchObject({ text, finished: true });
    expect(summary).toMatchObject({ outcome: 'complete', exact: true, reasons: [] });
    expect(summary?.provisional).toBeUndefined();
  });

  test('is not waited for beyond the later time either, and what stands then is the answer', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, summary, durationMs } = await fleet.ask({ ...late, revisionsUntilMs: 500 });
    expect(provisional).toHaveLength(1);
    expect(summary).toMatchObject({ outcome: 'deadline', durationMs: 500 });
    expect(durationMs).toBe(500);
  });

  test('and that dies after the deadline leaves an answer that says so', async () => {
    const fleet = await startToyFleet(distant);
    fleet.clock.setTimer(400, () => void fleet.kill('cloud-1'));
    const asked = await fleet.ask({ ...late, revisionsUntilMs: 20_000 });
    expectCommittedNeverChanges(asked);
    expect(asked.provisional).toHaveLength(1);
    expect(asked.summary).toMatchObject({ outcome: 'complete', exact: false });
    expect(asked.summary?.reasons.join()).toContain('device-1 -> cloud-1');
  });
});

describe('who gets one summary, the last item', () => {
  test.each([
    ['a request without the field', {}],
    ['a request whose times are one', { revisionsUntilMs: 150 }],
  ])('%s', async (_, until) => {
    const fleet = await startToyFleet(distant);
    const { provisional, summary } = await fleet.ask({ question, tiers: 'two', deadlineMs: 150, ...until });
    expect(provisional).toEqual([]);
    expect(summary).toMatchObject({ outcome: 'deadline' });
    expect(summary?.provisional).toBeUndefined();
  });

  test('a question that was answered by its deadline', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, summary, durationMs } = await fleet.ask({ ...late, deadlineMs: 9_000 });
    expect(provisional).toEqual([]);
    expect(summary).toMatchObject({ outcome: 'complete', exact: true });
    expect(durationMs).toBeLessThan(9000);
  });
});

describe('before the first word', () => {
  test('the deadline says that there is none, and the answer follows', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, revisions, summary } = await fleet.ask({ ...late, tiers: 'cloud-only' });
    expect(provisional).toMatchObject([{ revision: undefined, summary: { mode: 'cloud-only', answerTokens: 0 } }]);
    expect(provisional[0]?.summary.reasons).toEqual(['the deadline came after 150 ms, before the first word']);
    expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expect(summary).toMatchObject({ outcome: 'complete', exact: true });
  });

  test('an answer of another node is passed on in the same two steps', async () => {
    const fleet = await startToyFleet({ ...distant, nodes: [DEVICE, { ...CLOUD, stepMs: 20 }] });
    const asked = await fleet.ask({ ...late, tiers: 'cloud-only', deadlineMs: 600 });
    expect(asked.provisional).toHaveLength(1);
    const [{ revision }] = asked.provisional as [(typeof asked.provisional)[0]];
    expect(revision).toMatchObject({ tier: 'cloud', exit: 4 });
    expect(revision?.committedBytes).toBeGreaterThan(0);
    expect(fleet.alone(question, 4).startsWith(revision?.text ?? '-')).toBe(true);
    expect(asked.revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
    expectCommittedNeverChanges(asked);
  });

  test('nobody who says anything until the end is an error', async () => {
    const fleet = await startToyFleet(distant);
    const { provisional, error } = await fleet.ask({ ...late, tiers: 'cloud-only', revisionsUntilMs: 250 });
    expect(provisional).toHaveLength(1);
    expect(error).toMatchObject({ code: 'deadline-exceeded' });
    expect(error?.message).toContain('not answered within the 250 ms');
  });
});

test('what an exit policy decided by the deadline stands, and is gone on from', async () => {
  const fleet = await startToyFleet({ nodes: [{ ...DEVICE, exits: [1, 4], stepMs: 10 }] });
  const exitPolicy = { inTime: true };
  const asked = await fleet.ask({ question, exitPolicy, deadlineMs: 150, revisionsUntilMs: 10_000 });
  const [{ revision, summary }] = asked.provisional as [(typeof asked.provisional)[0]];
  expect(revision?.text).not.toBe('');
  expect(revision?.committedBytes).toBe(Buffer.byteLength(revision?.text ?? ''));
  expect(summary.decided?.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(revision?.committed);
  expectCommittedNeverChanges(asked);
  expect(asked.summary).toMatchObject({ outcome: 'complete', endedByItself: true });
});
