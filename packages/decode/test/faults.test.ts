import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedDraftLength, type SessionRevision } from '../src/index.ts';
import { type FleetRun, type FleetScript, loneAnswer, playFleet, type TierScript } from './faulty-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 50);
const agreement = fc.double({ min: 0.3, max: 1, noNaN: true });
const calmLink = fc.record({
  maxDelayMs: fc.constantFrom(0, 3, 40, 150),
  lossRatio: fc.constant(0),
  duplicateRatio: fc.constantFrom(0, 0.3),
});
const roughLink = fc.record({
  maxDelayMs: fc.constantFrom(3, 40, 150),
  lossRatio: fc.constantFrom(0, 0.02, 0.2),
  duplicateRatio: fc.constantFrom(0, 0.3),
});
const death = fc.record({
  atMs: fc.integer({ min: 0, max: 600 }),
  how: fc.constantFrom('refuse' as const, 'silence' as const),
});
const settings = fc.record({
  window: fc.integer({ min: 1, max: 8 }),
  draftTokens: fc.integer({ min: 1, max: 12 }),
  maxTokens: fc.integer({ min: 1, max: 60 }),
  maxAhead: fc.integer({ min: 1, max: 64 }),
  maxBlockTokens: fc.integer({ min: 1, max: 32 }),
  pull: fc.constantFrom(0, 0, 0, 1, 5, 40),
});

function fleets(tier: (tier: 'edge' | 'cloud', exit: number) => fc.Arbitrary<TierScript>): fc.Arbitrary<FleetScript> {
  return fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    answerTokens: fc.integer({ min: 1, max: 50 }),
    agreement: fc.record({ 1: agreement, 2: agreement, 3: agreement }),
    device: fc.record({ exits: fc.constantFrom([1], [1, 2]), stepMs: fc.constantFrom(1, 4) }),
    tiers: fc.oneof(fc.tuple(tier('cloud', 4)), fc.tuple(tier('edge', 3), tier('cloud', 4))),
  });
}

const calmFleet = fleets((tier, exit) =>
  fc.record({
    ...{ tier: fc.constant(tier), exit: fc.constant(exit), stepMs: fc.constantFrom(1, 5), link: calmLink },
    restartsAtMs: fc.constant([]),
  }),
);
const roughFleet = fleets((tier, exit) =>
  fc.record(
    {
      ...{ tier: fc.constant(tier), exit: fc.constant(exit), stepMs: fc.constantFrom(1, 5), link: roughLink },
      ...{ dies: death, candidates: fc.constantFrom(1, 2) },
      restartsAtMs: fc.array(fc.integer({ min: 0, max: 800 }), { maxLength: 3 }),
    },
    { requiredKeys: ['tier', 'exit', 'stepMs', 'link', 'restartsAtMs', 'candidates'] },
  ),
);

type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

function optionsOf({ draftTokens, ...rest }: Settings): Parameters<typeof playFleet>[1] {
  return { ...rest, draftLength: fixedDraftLength(draftTokens), deadlineMs: 20_000, referenceExit: 4 };
}

function expectCommittedNeverChanges(revisions: readonly SessionRevision[], final: readonly number[]): void {
  let committed: readonly number[] = [];
  for (const revision of revisions) {
    expect(revision.committed).toBeGreaterThanOrEqual(committed.length);
    expect(revision.judged).toBeGreaterThanOrEqual(revision.committed);
    expect(revision.tokens.length).toBeGreaterThanOrEqual(revision.judged);
    expect(revision.tokens.slice(0, committed.length)).toEqual(committed);
    committed = revision.tokens.slice(0, revision.committed);
  }
  expect(final.slice(0, committed.length)).toEqual(committed);
}

/** Every token is what some exit of the session says after exactly the tokens before it: none lost, none doubled. */
function expectEveryTokenFollows({ result, language, prompt }: FleetRun): void {
  const exits = [1, 2, 3, 4];
  const { tokens = [], references = [] } = result ?? {};
  tokens.forEach((token, at) => {
    const prefix = tokens.slice(0, at);
    const allowed = exits.map(exit => language.next(exit, prompt, prefix));
    expect(allowed).toContain(token);
    const span = references.findLast(({ from }) => from <= at);
    if (at < (result?.committed ?? 0) && span !== undefined && span.tier !== 'device') {
      expect(token).toBe(language.next(span.exit, prompt, prefix));
    }
  });
}

/** Timers the script itself may have left. */
function timersOf({ tiers }: FleetScript): number {
  return tiers.reduce((sum, tier) => sum + (tier.candidates ?? 1) * (tier.restartsAtMs ?? []).length, 0);
}

describe('decoding together', () => {
  test('says what the reference says alone, whatever delays, reorderings and duplicates the links add', async () => {
    await fc.assert(
      fc.asyncProperty(calmFleet, settings, async (fleet, chosen) => {
        const run = await playFleet(fleet, optionsOf(chosen));
        const alone = loneAnswer(run.language, run.prompt, 4).slice(0, chosen.maxTokens);
        expect(run.error).toBeUndefined();
        expect(run.result?.outcome).toBe('complete');
        expect(run.result?.tokens).toEqual(alone);
        expect(run.result?.exact).toBe(true);
        expectCommittedNeverChanges(run.revisions, alone);
        expect(run.revisions.at(-1)?.finished).toBe(true);
        expect(run.peakInFlight).toBeLessThanOrEqual(2 * Math.max(chosen.window, chosen.pull));
      }),
      { numRuns: RUNS },
    );
  }, 300_000);

  test('ends by the deadline and never changes a committed token when tiers die, forget and lose messages', async () => {
    await fc.assert(
      fc.asyncProperty(roughFleet, settings, async (fleet, chosen) => {
        const run = await playFleet(fleet, optionsOf(chosen));
        expect(run.error).toBeUndefined();
        const { result } = run;
        if (result === undefined) throw new Error('no result');
        expect(result.durationMs).toBeLessThanOrEqual(20_000);
        expect(result.outcome).toBe('complete');
        expectCommittedNeverChanges(run.revisions, result.tokens);
        expectEveryTokenFollows(run);
        const alone = loneAnswer(run.language, run.prompt, 4).slice(0, chosen.maxTokens);
        if (result.exact) expect(result.tokens).toEqual(alone);
        if (!result.exact) expect(result.reasons.join('\n')).toContain('exit 4');
        expect(run.peakInFlight).toBeLessThanOrEqual(2 * Math.max(chosen.window, chosen.pull));
        expect(run.pendingTimers).toBeLessThanOrEqual(timersOf(fleet));
      }),
      { numRuns: RUNS },
    );
  }, 300_000);

  test('a broker that is away for up to a second costs time, not the reference', async () => {
    const broker = fc.record({
      stopsAtMs: fc.integer({ min: 0, max: 300 }),
      awayMs: fc.integer({ min: 250, max: 1000 }), // no link is back sooner
      lagMs: fc.integer({ min: 0, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(calmFleet, settings, broker, async (fleet, chosen, outage) => {
        const tiers = fleet.tiers.map(tier => ({ ...tier, broker: outage }));
        const run = await playFleet({ ...fleet, tiers }, optionsOf(chosen));
        const alone = loneAnswer(run.language, run.prompt, 4).slice(0, chosen.maxTokens);
        expect(run.result).toMatchObject({ outcome: 'complete', exact: true, tokens: alone });
        expectCommittedNeverChanges(run.revisions, alone);
      }),
      { numRuns: RUNS },
    );
  }, 300_000);

  test('goes on without the owner’s engine, one token a round trip', async () => {
    await fc.assert(
      fc.asyncProperty(calmFleet, fc.integer({ min: 0, max: 60 }), async (fleet, diesAtMs) => {
        const device = { ...fleet.device, diesAtMs };
        const run = await playFleet({ ...fleet, device }, { deadlineMs: 60_000 });
        expect(run.result?.exact).toBe(true);
        expect(run.result?.tokens).toEqual(loneAnswer(run.language, run.prompt, 4));
      }),
      { numRuns: RUNS },
    );
  }, 300_000);
});
