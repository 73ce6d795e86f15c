import { createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import {
  auditResult,
  createDeskVerifier,
  createEngineAuditor,
  createSyntheticEngine,
  createVerifierAuditor,
  createVerifierDesk,
  type SessionOptions,
  type Verifier,
} from '../src/index.ts';
import { type FleetRun, type FleetScript, loneAnswer, playFleet, type TierScript } from './faulty-fleet.ts';

const link = { maxDelayMs: 10, lossRatio: 0, duplicateRatio: 0 };
const edge: TierScript = { tier: 'edge', exit: 3, stepMs: 1, link: { ...link, maxDelayMs: 3 } };
const cloud: TierScript = { tier: 'cloud', exit: 4, stepMs: 3, link: { ...link, maxDelayMs: 40 } };
const script: FleetScript = {
  seed: 11,
  answerTokens: 40,
  agreement: { 1: 0.85, 2: 0.9, 3: 0.95 },
  device: { exits: [1, 2], stepMs: 4 },
  tiers: [edge, cloud],
};
const wanted: SessionOptions = { referenceExit: 4, deadlineMs: 10_000 };

function lone(run: FleetRun, exit = 4): readonly number[] {
  return loneAnswer(run.language, run.prompt, exit);
}

function change(tier: TierScript['tier'], edit: (verifier: Verifier) => Partial<Verifier>): (v: Verifier) => Verifier {
  return verifier => (verifier.tier === tier ? { ...verifier, ...edit(verifier) } : verifier);
}

describe('a session of three tiers', () => {
  test('shows drafts first, then what the edge judged, and commits only what the cloud said', async () => {
    const run = await playFleet(script, wanted);
    const tiers = run.revisions.map(revision => revision.tier);
    expect(tiers[0]).toBe('device');
    expect(new Set(tiers)).toEqual(new Set(['device', 'edge', 'cloud']));
    expect(run.revisions.some(({ judged, committed }) => judged > committed)).toBe(true);
    expect(run.revisions[0]).toMatchObject({ committed: 0, node: 'device-1', exit: 1, sequence: 1 });
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete', endedByItself: true, reasons: [] });
    expect(run.result?.tokens).toEqual(lone(run));
    expect(run.result?.references).toEqual([{ tier: 'cloud', node: 'cloud-1', exit: 4, format: 'fp32', from: 0 }]);
  });

  test('counts what every tier did', async () => {
    const { result } = await playFleet(script, wanted);
    const [device, edgeTier, cloudTier] = result?.tiers ?? [];
    expect(device).toMatchObject({ role: 'drafter', node: 'device-1', exit: 1 });
    expect(device?.drafted).toBeGreaterThanOrEqual(30);
    expect(device?.computeMs).toBeGreaterThanOrEqual((device?.drafted ?? 0) * 4);
    for (const tier of [edgeTier, cloudTier]) {
      expect(tier?.verifyCalls).toBeGreaterThan(2);
      expect(tier?.accepted).toBeLessThanOrEqual(tier?.proposed ?? 0);
      expect(tier?.waitMs).toBeGreaterThan(0);
    }
    expect(edgeTier?.rejections).toBeGreaterThan(0);
  });

  test('stops at maxTokens with exactly the first tokens of the lone answer', async () => {
    const run = await playFleet(script, { ...wanted, maxTokens: 7 });
    expect(run.result).toMatchObject({ exact: true, endedByItself: false });
    expect(run.result?.tokens).toEqual(lone(run).slice(0, 7));
  });
});

describe('when a tier is lost', () => {
  test.each(['refuse', 'silence'] as const)('the edge is skipped and the answer stays exact (%s)', async how => {
    const run = await playFleet({ ...script, tiers: [{ ...edge, dies: { atMs: 40, how } }, cloud] }, wanted);
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete' });
    expect(run.result?.tokens).toEqual(lone(run));
    expect(run.result?.reasons.join()).toContain('edge-1');
    expect(run.result?.durationMs).toBeLessThan(1500);
  });

  test('a short answer does not wait for an edge that never opens', async () => {
    const silent = { ...edge, dies: { atMs: 0, how: 'silence' } as const };
    const run = await playFleet({ ...script, answerTokens: 12, tiers: [silent, cloud] }, wanted);
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete' });
    expect(run.result?.durationMs).toBeLessThan(400);
  });

  test.each(['refuse', 'silence'] as const)('the edge becomes the reference when the cloud dies (%s)', async how => {
    const run = await playFleet({ ...script, tiers: [edge, { ...cloud, dies: { atMs: 150, how } }] }, wanted);
    const { result } = run;
    expect(result).toMatchObject({ exact: false, outcome: 'complete' });
    expect(result?.references.map(({ node }) => node)).toEqual(['cloud-1', 'edge-1']);
    const from = result?.references[1]?.from ?? 0;
    expect(from).toBeGreaterThan(0);
    expect(result?.tokens.slice(0, from)).toEqual(lone(run).slice(0, from));
    expect(result?.reasons[0]).toBe(`not exact: exit 3 of edge-1 from token ${from} on had the last word, not exit 4`);
  });

  test('the owner finishes with its deepest exit when nobody is left', async () => {
    const dies = { atMs: 60, how: 'refuse' } as const;
    const tiers = [
      { ...edge, dies },
      { ...cloud, dies },
    ];
    const run = await playFleet({ ...script, tiers }, wanted);
    expect(run.result).toMatchObject({ exact: false, outcome: 'complete', endedByItself: true });
    expect(run.result?.references.at(-1)).toMatchObject({ node: 'device-1', exit: 2 });
    const tokens = run.result?.tokens ?? [];
    expect(tokens.at(-1)).toBe(run.language.next(2, run.prompt, tokens.slice(0, -1)));
  });

  test('another candidate takes over and the answer stays exact', async () => {
    const tiers = [edge, { ...cloud, candidates: 2 }];
    const breakFirst = change('cloud', verifier =>
      verifier.node === 'cloud-1' ? { verify: () => Promise.reject(new Error('socket closed')) } : {},
    );
    const run = await playFleet({ ...script, tiers }, wanted, breakFirst);
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete' });
    expect(run.result?.tokens).toEqual(lone(run));
    expect(run.result?.references).toMatchObject([{ node: 'cloud-2', from: 0 }]);
    expect(run.result?.reasons.join()).toContain('socket closed');
  });

  test('a verifier that restarted is opened again from prompt and answer', async () => {
    const run = await playFleet({ ...script, tiers: [edge, { ...cloud, restartsAtMs: [120, 240] }] }, wanted);
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete' });
    expect(run.result?.tokens).toEqual(lone(run));
    expect(run.result?.tiers[2]?.openings).toBe(3);
  });

  test('a candidate that refuses the split is not asked again', async () => {
    const { AiflowError } = await import('@aiflow/protocol');
    let openings = 0;
    const refuse = change('cloud', () => ({
      open: () => {
        openings += 1;
        return Promise.reject(new AiflowError('failed-precondition', 'family nano here, not mini'));
      },
    }));
    const run = await playFleet(script, wanted, refuse);
    expect(openings).toBe(1);
    expect(run.result).toMatchObject({ exact: false, outcome: 'complete' });
    expect(run.result?.reasons.join()).toContain('family nano here, not mini');
  });
});

describe('with drafting off', () => {
  test('the reference says its own tokens one after the other, without a round trip each', async () => {
    const far = { ...cloud, link: { ...link, maxDelayMs: 200 } };
    const run = await playFleet({ ...script, tiers: [far] }, { ...wanted, pull: 40 });
    expect(run.result).toMatchObject({ exact: true, outcome: 'complete' });
    expect(run.result?.tokens).toEqual(lone(run));
    expect(run.result?.durationMs).toBeLessThan(800);
    expect(run.result?.tiers[0]).toMatchObject({ drafted: 0 });
    expect(run.revisions.every(({ committed, tokens }) => committed === tokens.length)).toBe(true);
  });

  test('drafting is back when the reference is lost', async () => {
    const tiers = [edge, { ...cloud, dies: { atMs: 100, how: 'refuse' } as const }];
    const run = await playFleet({ ...script, tiers }, { ...wanted, pull: 10 });
    expect(run.result).toMatchObject({ exact: false, outcome: 'complete' });
    expect(run.result?.tiers[0]?.drafted).toBeGreaterThan(5);
    expect(run.result?.references.map(({ node }) => node)).toEqual(['cloud-1', 'edge-1']);
  });
});

describe('time', () => {
  test('the best answer so far is there at the deadline', async () => {
    const slow = { ...script, device: { exits: [1], stepMs: 20 } };
    const run = await playFleet(slow, { ...wanted, deadlineMs: 400 });
    expect(run.result).toMatchObject({ outcome: 'deadline', exact: false, durationMs: 400 });
    expect(run.result?.tokens.length).toBeGreaterThan(8);
    expect(run.result?.reasons.join()).toContain('the deadline came after 400 ms');
  });

  test('a deadline of 1 ms that leaves nothing fails at once and names what was awaited', async () => {
    const run = await playFleet(script, { ...wanted, deadlineMs: 1 });
    expect(run.error).toMatchObject({ code: 'deadline-exceeded', hop: 'device-1' });
    expect(run.error?.message).toContain("awaited device-1's own engine");
  });

  test('with nobody alive it fails long before the deadline, naming every fault', async () => {
    const dies = { atMs: 0, how: 'refuse' } as const;
    const device = { exits: [1], stepMs: 4, diesAtMs: 0 };
    const draftless = { ...script, device, tiers: [{ ...cloud, dies }] };
    const run = await playFleet(draftless, { ...wanted, draftTimeoutMs: 100 });
    if (run.result === undefined) {
      expect(run.error).toMatchObject({ code: 'unavailable', hop: 'device-1 -> cloud-1' });
      expect(run.error?.message).toContain('cloud-1 does not answer');
      return;
    }
    expect(run.result).toMatchObject({ outcome: 'stuck', exact: false });
    expect(run.result.durationMs).toBeLessThan(1000);
    expect(run.result.reasons.join()).toContain('nobody was left');
  });

  test('cancelling rejects with cancelled and leaves no timer behind', async () => {
    const controller = new AbortController();
    let seen = 0;
    const stopAtFirst = change('edge', verifier => ({
      verify: (block, signal) => {
        seen += 1;
        if (seen === 2) controller.abort();
        return verifier.verify(block, signal);
      },
    }));
    const run = await playFleet(script, { ...wanted, signal: controller.signal }, stopAtFirst);
    expect(run.error?.code).toBe('cancelled');
    expect(run.pendingTimers).toBe(0);
  });
});

describe('a verifier that can not be trusted', () => {
  test('is given up when it contradicts itself', async () => {
    const lie = change('cloud', verifier => ({
      verify: async (block, signal) => ({
        ...(await verifier.verify(block, signal)),
        accepted: block.tokens.length + 1,
      }),
    }));
    const run = await playFleet(script, wanted, lie);
    expect(run.result?.exact).toBe(false);
    expect(run.result?.reasons.join()).toMatch(/contradicted itself: it accepted \d+ of a block of/);
  });

  const acceptAnything = change('cloud', verifier => ({
    verify: async (block, signal) => {
      const honest = await verifier.verify({ ...block, tokens: [] }, signal).catch(() => undefined);
      const base = { epoch: block.epoch, base: block.base, nearTies: 0, computeMs: 0 };
      return { ...base, accepted: block.tokens.length, correction: honest?.correction ?? 5, finished: false };
    },
  }));

  test('is found by an audit with an engine of one’s own, and only by it', async () => {
    const run = await playFleet(script, { ...wanted, maxTokens: 20 }, acceptAnything);
    if (run.result === undefined) throw run.error;
    expect(run.result.exact).toBe(true);
    const clock = createVirtualClock();
    const engine = createSyntheticEngine({ clock, language: run.language }, { exits: [4], stepMs: 1 });
    const subject = { session: 'a', prompt: run.prompt };
    const auditor = createEngineAuditor({ engine, clock, subject, node: 'edge-1', tier: 'edge' }, 4);
    const signal = new AbortController().signal;
    const audited = await clock.runUntilSettled(auditResult(run.result, auditor, signal));
    expect(audited.audit.agreed).toBe(false);
    expect(audited.result.exact).toBe(false);
    const at = audited.audit.differsAt ?? -1;
    expect(run.result.tokens.slice(0, at)).toEqual(lone(run).slice(0, at));
    expect(run.result.tokens[at]).not.toBe(lone(run)[at]);
    expect(audited.result.reasons[0]).toBe(`not exact: an audit by exit 4 of edge-1 differs at token ${at}`);
  });

  test('is found by an audit with another verifier; an honest one passes', async () => {
    const signal = new AbortController().signal;
    for (const [edit, agreed] of [
      [acceptAnything, false],
      [(verifier: Verifier) => verifier, true],
    ] as const) {
      const run = await playFleet(script, { ...wanted, maxTokens: 20 }, edit);
      if (run.result === undefined) throw run.error;
      const clock = createVirtualClock();
      const engine = createSyntheticEngine({ clock, language: run.language }, { exits: [4], stepMs: 1 });
      const member = { tier: 'cloud', node: 'cloud-2', exit: 4, format: 'fp32' } as const;
      const subject = { session: 'a', prompt: run.prompt };
      const auditor = createVerifierAuditor(createDeskVerifier(createVerifierDesk(engine), member, subject), 8);
      const audited = await clock.runUntilSettled(auditResult(run.result, auditor, signal));
      expect(audited.audit.agreed).toBe(agreed);
      expect(audited.result.exact).toBe(agreed);
    }
  });

  test('an int8 reference is near-exact, never exact', async () => {
    const run = await playFleet(
      script,
      wanted,
      change('cloud', () => ({ format: 'int8' })),
    );
    expect(run.result?.exact).toBe(false);
    expect(run.result?.reasons[0]).toBe('near-exact: exit 4 of cloud-1 from token 0 on computes in int8, not in fp32');
  });
});
