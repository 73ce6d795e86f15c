import { describe, expect, test } from 'vitest';
import { CLOUD, DEVICE, EDGE, startToyFleet, type ToyFleetOptions } from './toy-fleet.ts';

const question = 'where is the docking station?';
const confidence = new Map([[1, [{ risk: 0.01, margin: 1 }]]]);
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
    const { summary } = await fleet.ask({ question, exitPolicy: { risk: 0.0005 } });
    expect(summary?.statedRisk).toBeUndefined();
    expect(summary?.reasons.at(-1)).toMatch(
      /^the risk of 0\.05 % is not promised: exit 1 decided every token, .* \(--tiers cloud-only\)$/,
    );
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
