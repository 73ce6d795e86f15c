import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asked, CLOUD, DEVICE, EDGE, honestCosts, startToyFleet, type ToyFleet } from './toy-fleet.ts';

const RUNS = Number(process.env.FC_RUNS ?? 25);
const question = 'which way?';
const DEADLINE_MS = 12_000;

type Mishap =
  | { readonly kind: 'kill'; readonly node: string; readonly atMs: number; readonly backMs: number | undefined }
  | {
      readonly kind: 'partition';
      readonly from: string;
      readonly to: string;
      readonly atMs: number;
      readonly healMs: number;
    }
  | { readonly kind: 'forget'; readonly node: string; readonly atMs: number };

const others = fc.constantFrom('edge-1', 'cloud-1', 'cloud-2');
const atMs = fc.integer({ min: 0, max: 700 });
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({
    kind: fc.constant('kill' as const),
    node: others,
    atMs,
    backMs: fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('partition' as const),
    from: fc.constant('device-1'),
    to: others,
    atMs,
    healMs: fc.integer({ min: 1, max: 6000 }),
  }),
  fc.record({ kind: fc.constant('forget' as const), node: fc.oneof(others, fc.constant('device-1')), atMs }),
);
const faults = fc.record({
  delayMs: fc.constantFrom(1, 15, 60),
  jitterMs: fc.constantFrom(0, 10),
  loss: fc.constantFrom(0, 0, 0.01, 0.1),
  duplicate: fc.constantFrom(0, 0.2),
  reorder: fc.constantFrom(0, 0.2),
});

function schedule(fleet: ToyFleet, mishaps: readonly Mishap[]): void {
  for (const one of mishaps) {
    fleet.clock.setTimer(one.atMs, () => {
      if (one.kind === 'forget') return fleet.engine(one.node).forget();
      if (one.kind === 'partition') {
        fleet.network.partition(one.from, one.to);
        return void fleet.clock.setTimer(one.healMs, () => fleet.network.heal(one.from, one.to));
      }
      const gone = fleet.kill(one.node);
      if (one.backMs === undefined) return;
      return void fleet.clock.setTimer(
        one.backMs,
        () => void gone.then(() => fleet.start(one.node)).catch(() => undefined),
      );
    });
  }
}

/** Every token is what some exit says after exactly those before it. */
function expectEveryWordFollows(fleet: ToyFleet, text: string): void {
  const prompt = fleet.textModel.encodeQuestion(question);
  const tokens = text === '' ? [] : text.split(' ').map(Number);
  tokens.forEach((token, at) => {
    const said = [1, 3, 4].map(exit => fleet.language.next(exit, prompt, tokens.slice(0, at)));
    expect(said).toContain(token);
  });
}

function expectCommittedNeverChanges({ revisions }: Asked): void {
  let committed = '';
  let sequence = 0;
  for (const revision of revisions) {
    expect(revision.sequence).toBeGreaterThan(sequence);
    expect(revision.text.startsWith(committed)).toBe(true);
    sequence = revision.sequence;
    committed = Buffer.from(revision.text).subarray(0, revision.committedBytes).toString();
  }
}

test('whatever dies, forgets, is cut off, lost, doubled or overtaken: an answer is there by the deadline', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10_000 }),
      faults,
      fc.array(mishap, { maxLength: 4 }),
      fc.constantFrom(undefined, 4, 40),
      async (seed, links, mishaps, plannedStepMs) => {
        const device = { ...DEVICE, stepMs: plannedStepMs ?? DEVICE.stepMs };
        const nodes = [device, EDGE, CLOUD, { ...CLOUD, node: 'cloud-2' }];
        const plans = plannedStepMs === undefined ? {} : { costs: honestCosts };
        const fleet = await startToyFleet({ nodes, faults: links, seed, ...plans });
        schedule(fleet, mishaps);
        const asked = await fleet.ask({ question, deadlineMs: DEADLINE_MS });
        expect(asked.error).toBeUndefined();
        expect(asked.durationMs).toBeLessThanOrEqual(DEADLINE_MS + 50);
        const { outcome } = asked.summary ?? {};
        // A device this slow that loses each tenth message may need its time for waiting.
        if (plannedStepMs !== 40 || links.loss < 0.1) expect(outcome).toBe('complete');
        else expect(['complete', 'deadline']).toContain(outcome);
        const text = asked.revisions.at(-1)?.text ?? '';
        expectCommittedNeverChanges(asked);
        expectEveryWordFollows(fleet, text);
        if (asked.summary?.exact) expect(text).toBe(fleet.alone(question, 4));
        else expect(asked.summary?.reasons.join()).toMatch(/not exit 4|the deadline came/);
        if (mishaps.length === 0 && links.loss === 0) expect(asked.summary?.exact).toBe(true);
      },
    ),
    { numRuns: RUNS },
  );
}, 300_000);

test('when the asked node dies, its asker learns it by its own time limit', async () => {
  const fleet = await startToyFleet({ nodes: [DEVICE, EDGE, CLOUD], faults: { delayMs: 20 } });
  fleet.clock.setTimer(100, () => void fleet.kill('device-1'));
  const { error, durationMs } = await fleet.ask({ question }, { timeoutMs: 3000 });
  expect(['unavailable', 'deadline-exceeded']).toContain(error?.code);
  expect(`${error?.hop} ${error?.node}`).toContain('device-1');
  expect(durationMs).toBeLessThanOrEqual(3050);
});

test('when the cloud dies during a cloud-only answer, another begins anew', async () => {
  const nodes = [DEVICE, CLOUD, { ...CLOUD, node: 'cloud-2' }];
  const fleet = await startToyFleet({ nodes, faults: { delayMs: 20 } });
  fleet.clock.setTimer(100, () => void fleet.kill('cloud-1'));
  const { summary, revisions, error } = await fleet.ask({ question, tiers: 'cloud-only' });
  expect(error).toBeUndefined();
  expect(revisions.at(-1)?.text).toBe(fleet.alone(question, 4));
  expect(summary?.reasons.join()).toContain('device-1 -> cloud-1');
});
