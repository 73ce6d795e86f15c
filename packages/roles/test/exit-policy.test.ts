import { describe, expect, test } from 'vitest';
import { startPlanned } from './planned-toy-fleet.ts';
import { CLOUD, DEVICE, EDGE, honestCosts, startToyFleet, type ToyFleetOptions, type ToyNode } from './toy-fleet.ts';

const question = 'where is the docking station?';
const confidence = new Map([[1, [{ risk: 0.01, margin: 1 }]]]);
/** Exit 1 may decide every token. */
const certain = new Map([[1, [{ risk: 0.01, margin: 0 }]]]);
const ladder = { ...DEVICE, exits: [1, 3, 4] };
const one: ToyFleetOptions = { nodes: [ladder], answerer: { confidence } };

describe('an answer under an exit policy', () => {
  test('is given by the asked node alone, and says which exits decided how many tokens and at what risk', async () => {
    const fleet = await startToyFleet({ ...one, nodes: [ladder, EDGE, CLOUD] });
    const { revisions, summary, error } = await fleet.ask({ question, exitPolicy: { risk: 0.01 } });
    expect(error).toBeUndefined();
    expect(revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true });
    const decided = summary?.decided ?? [];
    expect(decided.map(({ exit }) => exit)).toEqual([1, 4]);
    expect(decided.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(summary?.answerTokens);
    expect(summary).toMatchObject({ mode: 'local', exact: false, statedRisk: 0.01, outcome: 'complete', links: [] });
    expect(summary?.reasons.join()).toMatch(/exit 1 decided \d+, exit 4 decided \d+; .*at most 1 % differ/);
    expect(summary?.references[0]).toMatchObject({ node: 'device-1', from: 0 });
    expect((await fleet.engine('device-1').status()).sessions).toBe(0);
  });

  test('takes no token back: every revision begins with the one before', async () => {
    const fleet = await startToyFleet(one);
    const { revisions } = await fleet.ask({ question, exitPolicy: { risk: 0.01 } });
    expect(revisions.length).toBeGreaterThan(2);
    for (const [index, { text, committedBytes }] of revisions.entries()) {
      expect(committedBytes).toBe(Buffer.byteLength(text));
      expect(text.startsWith(revisions[index - 1]?.text ?? '')).toBe(true);
    }
  });

  test('keeps to its energy: with too little of it the shallowest exit answers', async () => {
    const fleet = await startToyFleet(one);
    const { summary } = await fleet.ask({ question, exitPolicy: { joules: 0.001, watts: 5 } });
    expect(summary?.decided?.map(({ exit }) => exit)).toEqual([1]);
    const [, ms] = /took [\d.]+ J \(([\d.]+) ms of computing at 5 W\)/.exec(summary?.reasons.join() ?? '') ?? [];
    expect(Number(ms)).toBeGreaterThan(0);
    const spent = Number(((Number(ms) * 5) / 1000).toPrecision(3));
    expect(summary?.reasons.join()).toContain(`took ${spent} J (${ms} ms`);
    expect(summary?.reasons.join()).toContain('more than the 0.001 J allowed');
    const rich = await fleet.ask({ question, exitPolicy: { joules: 100, watts: 5 } });
    expect(rich.summary).toMatchObject({ decided: [{ exit: 4 }], exact: true });
    expect(rich.summary?.reasons.join()).not.toContain('J allowed');
  });

  test('says so where one exit alone leaves a risk nothing to choose', async () => {
    const fleet = await startToyFleet({ nodes: [{ ...DEVICE, exits: [4] }], answerer: { confidence } });
    const { summary } = await fleet.ask({ question, exitPolicy: { risk: 0.01 } });
    expect(summary?.statedRisk).toBeUndefined();
    expect(summary?.reasons.join()).toMatch(/no exit before 4 is held here .* every token was decided by exit 4/);
  });

  test('begins with the promise that a node of shallow exits alone does not make, and ends with the remedy', async () => {
    const fleet = await startToyFleet({ nodes: [{ ...DEVICE, exits: [1] }, CLOUD], answerer: { confidence } });
    const { summary } = await fleet.ask({ question, tiers: 'local', exitPolicy: { risk: 0.0005 } });
    expect(summary?.statedRisk).toBeUndefined();
    expect(summary?.reasons.at(-1)).toMatch(
      /^the risk of 0\.05 % is not promised: exit 1 decided every token, .* \(--tiers cloud-only\)$/,
    );
  });

  test.each([
    ['a device with a shallow exit alone', [1], 0.01, 'only a node that holds exit 4 can promise 1 %'],
    ['a device with some of the exits', [1, 3], 0.01, 'only a node that holds exit 4 can promise 1 %'],
    ['a node whose family promises no such risk', [1, 4], 0.0005, 'the least it promises is 1 %'],
  ])('gives way where tiers are left open and %s can not promise the risk', async (_, exits, risk, why) => {
    const fleet = await startToyFleet({ nodes: [{ ...DEVICE, exits }, CLOUD], answerer: { confidence } });
    for (const tiers of [undefined, 'auto' as const]) {
      const asked = await fleet.ask({ question, exitPolicy: { risk }, ...(tiers === undefined ? {} : { tiers }) });
      expect(asked.error).toBeUndefined();
      expect(asked.revisions.at(-1)).toMatchObject({ text: fleet.alone(question, 4), finished: true });
      expect(asked.summary).toMatchObject({ mode: exits.includes(4) ? 'local' : 'two', exact: true, exit: 4 });
      expect(asked.summary?.reasons.join()).toMatch(/^answered as without a risk: /);
      expect(asked.summary?.reasons.join()).toContain(why);
      expect(asked.summary?.decided).toBeUndefined();
      expect(asked.summary?.statedRisk).toBeUndefined();
    }
  });

  test('gives way to the exit that was named too, and in time', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, CLOUD], answerer: { confidence } });
    const exitPolicy = { risk: 0.01, inTime: true };
    const { summary, error } = await fleet.ask({ question, exit: 3, exitPolicy, deadlineMs: 5000 });
    expect(error).toBeUndefined();
    expect(summary).toMatchObject({ mode: 'two', exact: true, exit: 3 });
  });

  test('does not give way where nobody else is there or energy is limited: the node answers alone and says so', async () => {
    const lone = await startToyFleet({ nodes: [DEVICE], answerer: { confidence } });
    const { summary } = await lone.ask({ question, exitPolicy: { risk: 0.01 } });
    expect(summary).toMatchObject({ mode: 'local', exact: false, decided: [{ exit: 1 }] });
    expect(summary?.reasons.join()).toMatch(/^the risk of 1 % is not promised.*no verifier deeper than exit 1/);
    const fleet = await startToyFleet({ nodes: [DEVICE, CLOUD], answerer: { confidence } });
    const limited = await fleet.ask({ question, exitPolicy: { risk: 0.01, joules: 5, watts: 5 } });
    expect(limited.summary).toMatchObject({ mode: 'local', decided: [{ exit: 1 }] });
  });

  test('has no plan, and the tiers and the ledger name the deepest exit that decided, not one that might have', async () => {
    const nodes = [
      { ...DEVICE, exits: [1, 3, 4] },
      { ...CLOUD, exits: [1, 3, 4] },
    ];
    const fleet = await startPlanned(nodes, { 'cloud-1': 20 }, honestCosts, { answerer: { confidence: certain } });
    for (const tiers of ['local', 'cloud-only', 'auto'] as const) {
      const { summary } = await fleet.ask({ question, tiers, exitPolicy: { risk: 0.01 } });
      expect(summary?.decided).toEqual([{ exit: 1, tokens: summary?.answerTokens }]);
      expect(summary?.plan).toBeUndefined();
      expect(summary?.whyUnplanned).toContain('the exit policy chooses');
      expect(summary?.tiers).toMatchObject([{ exit: 1 }]);
      expect(summary?.ledger?.tiers).toMatchObject([{ exit: 1, computeMs: summary?.tiers[0]?.computeMs }]);
    }
  });

  test('teaches the planner nothing of the deep exit, which did not say those tokens', async () => {
    const nodes = [
      { ...DEVICE, stepMs: 40 },
      { ...CLOUD, exits: [1, 3, 4] },
    ];
    const expectedAfter = async (policies: number): Promise<number | undefined> => {
      const stated = (node: ToyNode): ReturnType<typeof honestCosts> => ({
        ...honestCosts(node),
        exits: honestCosts(node).exits.map(cost => ({ ...cost, stepMs: 1.5 * cost.stepMs })),
      });
      const fleet = await startPlanned(nodes, { 'cloud-1': 20 }, stated, { answerer: { confidence } });
      for (let round = 0; round < policies; round++) {
        const { summary } = await fleet.ask({ question, tiers: 'cloud-only', exitPolicy: { joules: 0.001, watts: 5 } });
        expect(summary?.decided?.map(({ exit }) => exit)).toEqual([1]);
      }
      const { summary } = await fleet.ask({ question, tiers: 'cloud-only', maxTokens: 20 });
      return summary?.plan?.expectedMs;
    };
    expect(await expectedAfter(1)).toBe(await expectedAfter(0));
  });

  test('keeps to the deadline when told to answer in time', async () => {
    const fleet = await startToyFleet(one);
    const short = await fleet.ask({ question, deadlineMs: 170, exitPolicy: { inTime: true } });
    expect(short.summary?.decided?.some(({ exit }) => exit === 1)).toBe(true);
    const long = await fleet.ask({ question, deadlineMs: 20_000, exitPolicy: { inTime: true } });
    expect(long.summary?.decided?.map(({ exit }) => exit)).toEqual([4]);
  });

  test('is passed on to the cloud when the cloud alone is asked', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, { ...CLOUD, exits: [1, 4] }], answerer: { confidence } });
    const { summary, error } = await fleet.ask({ question, tiers: 'cloud-only', exitPolicy: { risk: 0.01 } });
    expect(error).toBeUndefined();
    expect(summary).toMatchObject({ mode: 'cloud-only', statedRisk: 0.01 });
    expect(summary?.decided?.map(({ exit }) => exit)).toEqual([1, 4]);
    expect(summary?.tiers[0]?.node).toBe('cloud-1');
  });

  test('is refused where a reference judges every token, and beside an audit', async () => {
    const fleet = await startToyFleet({ nodes: [DEVICE, CLOUD] });
    const together = await fleet.ask({ question, tiers: 'two', exitPolicy: { risk: 0.01 } });
    expect(together.error).toMatchObject({ code: 'invalid-argument' });
    expect(together.error?.message).toMatch(/tiers two and an exit policy exclude each other/);
    const audited = await fleet.ask({ question, audit: true, exitPolicy: { risk: 0.01 } });
    expect(audited.error?.message).toMatch(/audit/);
  });

  test('of the node applies where it answers alone and no exit was named', async () => {
    const fleet = await startToyFleet({ nodes: [ladder], answerer: { confidence, exitPolicy: { risk: 0.01 } } });
    expect((await fleet.ask({ question, tiers: 'local' })).summary?.statedRisk).toBe(0.01);
    const named = await fleet.ask({ question, tiers: 'local', exit: 4 });
    expect(named.summary?.decided).toBeUndefined();
    expect(named.summary?.exact).toBe(true);
  });

  test('and a field that makes no sense is refused by name', async () => {
    const fleet = await startToyFleet(one);
    const { error } = await fleet.ask({ question, exitPolicy: { risk: 2 } });
    expect(error?.message).toContain('risk must be a number above 0, at most 1, got 2');
  });
});
