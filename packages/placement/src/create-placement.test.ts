import { createSeededRandom } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import {
  createPlacement,
  type Placement,
  type PlacementDecision,
  type PlacementSnapshot,
  POSITION_GROUPS,
} from './index.ts';

function snapshot(change: Partial<PlacementSnapshot> = {}, rttMs = 40): PlacementSnapshot {
  const curve = [
    { tokens: 1, ms: 8 },
    { tokens: 8, ms: 11 },
    { tokens: 32, ms: 25 },
  ];
  return {
    ...{ referenceExit: 11, promptTokens: 10, answerTokens: 60 },
    owner: { node: 'drone', tier: 'device', exits: [{ exit: 1, stepMs: 1.5, format: 'fp32' }] },
    others: [
      ...[
        {
          node: 'hall',
          tier: 'cloud',
          link: { rttMs },
          exits: [{ exit: 11, stepMs: 8, format: 'fp32', verify: curve }],
        },
      ],
    ] as PlacementSnapshot['others'],
    acceptance: [{ draftExit: 1, judgeExit: 11, byPosition: [0.95] }],
    ...change,
  };
}

function decide(placement: Placement, taken: PlacementSnapshot = snapshot()): PlacementDecision {
  const decision = placement.decide(taken);
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

/** The answer took so many times what the plan says. */
function noteRatio(placement: Placement, decision: PlacementDecision, ratio: number): void {
  const durationMs = ratio * decision.plan.expectedMs;
  placement.note(decision, { isTelling: true, durationMs, answerTokens: 60 });
}

const steady = (): Placement => createPlacement({ trialShare: 0 });

test('nobody who can speak for the reference: no decision', () => {
  expect(steady().decide(snapshot({ others: [] }))).toBeUndefined();
});

test('reasons name the plan, its figures and the others', () => {
  const { reasons, plan, alternatives } = decide(steady());
  expect(plan.kind).toBe('two-tiers');
  expect(reasons[0]).toMatch(/^drone exit 1 drafts, hall exit 11 judges: \d+ ms for about 60 tokens$/);
  expect(reasons.join('\n')).toMatch(/hall is 40 ms away and lets 95\.0 % of exit 1's tokens stand/);
  expect(reasons.at(-1)).toMatch(/^others: .*hall exit 11 answers alone \d+ ms/);
  expect(alternatives).toHaveLength(3);
});

test('a plan that does not draft says what drafting would have taken', () => {
  const acceptance = [{ draftExit: 1, judgeExit: 11, byPosition: [0.4] }];
  const { reasons, plan } = decide(steady(), snapshot({ acceptance }, 300));
  expect(plan.draftLengths).toEqual([]);
  expect(reasons.join('\n')).toMatch(/drafting is off: at best \(drone exit 1 drafts.*\) it would take \d+ ms/);
});

describe('a choice is kept', () => {
  /** Two clouds of which now one, now the other is slightly nearer. */
  const twins = (firstMs: number, secondMs: number): PlacementSnapshot => {
    const [hall] = snapshot().others;
    const at = (node: string, rttMs: number) => ({ ...hall!, node, link: { rttMs } });
    return snapshot({ others: [at('hall-1', firstMs), at('hall-2', secondMs)] });
  };

  test('while the other is hardly better, and the reasons say so', () => {
    const placement = steady();
    const first = decide(placement, twins(40, 42)).plan.label;
    const labels = Array.from({ length: 20 }, () => decide(placement, twins(42, 40)));
    expect(new Set(labels.map(({ plan }) => plan.label))).toEqual(new Set([first]));
    expect(labels[0]?.reasons[1]).toMatch(/^kept: .*hall-2.* but has not been clearly better for long enough$/);
  });

  test('until another is clearly better three times in a row', () => {
    const placement = steady();
    decide(placement, twins(40, 60));
    const reference = (): string | undefined => decide(placement, twins(60, 40)).plan.members.at(-1)?.node;
    expect([reference(), reference(), reference()]).toEqual(['hall-1', 'hall-1', 'hall-2']);
  });

  test('but left at once when another is far better', () => {
    const placement = steady();
    decide(placement, twins(40, 300));
    expect(decide(placement, twins(300, 40)).plan.members.at(-1)?.node).toBe('hall-2');
  });
});

describe('an owner that holds the reference exit', () => {
  /** It takes `localMs` a token, the hall 8 ms and a round trip of 1 ms; drafting is hopeless. */
  const holder = (localMs: number): PlacementSnapshot => {
    const exits = [{ exit: 11, stepMs: localMs, format: 'fp32' }] as const;
    return snapshot({ owner: { node: 'drone', tier: 'device', exits } }, 1);
  };

  test('answers alone unless leaving the node is expected to take a tenth less', () => {
    expect(decide(steady(), holder(8.4)).plan.kind).toBe('local');
    expect(decide(steady(), holder(9.6)).plan.kind).not.toBe('local');
  });

  test('drafts together for less than it would ask another for', () => {
    const drafting = (localMs: number): PlacementSnapshot => {
      const exit = (depth: number, stepMs: number) => ({ exit: depth, stepMs, format: 'fp32' }) as const;
      return snapshot({ owner: { node: 'drone', tier: 'device', exits: [exit(1, 1.5), exit(11, localMs)] } });
    };
    const { plan, expectedMs } = decide(steady(), drafting(100));
    expect(plan.kind).toBe('two-tiers');
    const tie = expectedMs / 60; // what its prompt takes comes on top
    expect(decide(steady(), drafting(0.98 * tie)).plan.kind).toBe('local');
    expect(decide(steady(), drafting(1.07 * tie)).plan.kind).toBe('two-tiers');
  });

  test('says why, and what the faster way would have taken', () => {
    const { reasons, alternatives, expectedMs } = decide(steady(), holder(8.4));
    expect(alternatives[0]?.ms).toBeLessThan(expectedMs);
    expect(reasons[1]).toMatch(
      /^stays on this node: .*hall exit 11.* would take \d+ ms, \d % less, too little to leave it$/,
    );
  });

  test('tries no other way while it answers alone', () => {
    const placement = createPlacement({ trialShare: 1 });
    const kinds = Array.from({ length: 60 }, () => decide(placement, holder(8.4)).plan.kind);
    expect(new Set(kinds)).toEqual(new Set(['local']));
  });

  test('comes back to itself when the other way is not clearly better any more', () => {
    const placement = steady();
    expect(decide(placement, holder(12)).plan.kind).not.toBe('local');
    const kinds = Array.from({ length: 4 }, () => decide(placement, holder(8.2)).plan.kind);
    expect(kinds.at(-1)).toBe('local');
  });
});

describe('what answers took', () => {
  test('moves an estimate little when it is one answer, and at once when it is four in a row', () => {
    const placement = steady();
    const first = decide(placement);
    noteRatio(placement, first, 3);
    const after = decide(placement);
    expect(after.plan.label).toBe(first.plan.label);
    noteRatio(placement, after, 3);
    for (let answer = 0; answer < 2; answer++) noteRatio(placement, decide(placement), 3);
    expect(decide(placement).plan.draftLengths).toEqual([]);
  });

  test.each([1, 4])('counts little when they are of %i tokens, however many', answerTokens => {
    const placement = steady();
    const first = decide(placement);
    const nodes = [{ node: 'hall', computeRatio: 50 }];
    for (let answer = 0; answer < 6; answer++) {
      placement.note(first, { isTelling: true, durationMs: 20 * first.plan.oneTokenMs, answerTokens, nodes: [] });
    }
    expect(decide(placement).expectedMs).toBeLessThan(2 * first.expectedMs);
    placement.note(first, { isTelling: true, durationMs: first.plan.oneTokenMs, answerTokens, nodes });
    expect(decide(placement).expectedMs).toBeLessThan(3 * first.expectedMs);
  });

  test('in an answer that is short is held against what a short one was expected to take', () => {
    const placement = steady();
    const slow = snapshot({ allowed: ['two-tiers'] }, 600);
    const first = decide(placement, slow);
    for (let answer = 0; answer < 6; answer++) {
      placement.note(decide(placement, slow), { isTelling: true, durationMs: first.plan.oneTokenMs, answerTokens: 1 });
    }
    expect(first.plan.oneTokenMs).toBeGreaterThan(600);
    expect(decide(placement, slow).expectedMs).toBeCloseTo(first.expectedMs, 6);
  });

  test('is forgotten in time, so that a way gets another chance', () => {
    const placement = steady();
    for (let answer = 0; answer < 4; answer++) noteRatio(placement, decide(placement), 3);
    const kinds = Array.from({ length: 120 }, () => decide(placement).plan.kind);
    expect(kinds[0]).not.toBe('two-tiers');
    expect(kinds.at(-1)).toBe('two-tiers');
  });

  test('says nothing when the answer was disturbed', () => {
    const placement = steady();
    const first = decide(placement);
    for (let answer = 0; answer < 9; answer++) {
      placement.note(first, { isTelling: false, durationMs: 90_000, answerTokens: 60 });
    }
    expect(decide(placement).expectedMs).toBe(first.expectedMs);
  });

  test('acceptance that is measured outweighs what the manifest promised', () => {
    const placement = steady();
    const counts = (judged: number, accepted: number) => POSITION_GROUPS.map(() => ({ judged, accepted }));
    const before = decide(placement);
    const acceptance = [{ draftExit: 1, judgeExit: 11, byPosition: counts(40, 12) }];
    for (let answer = 0; answer < 4; answer++) {
      placement.note(before, { isTelling: false, durationMs: 0, answerTokens: 0, acceptance });
    }
    const after = decide(placement).alternatives.find(({ plan }) => plan.kind === 'two-tiers');
    expect(after?.ms).toBeGreaterThan(2 * before.expectedMs);
  });

  test('what one judge saw of a drafter counts for the others, as far as they saw nothing themselves', () => {
    const [hall] = snapshot().others;
    const mast = {
      ...hall!,
      node: 'mast',
      tier: 'edge' as const,
      link: { rttMs: 4 },
      exits: [{ ...hall!.exits[0]!, exit: 5 }],
    };
    const pair = (draftExit: number, judgeExit: number, share: number) => ({
      draftExit,
      judgeExit,
      byPosition: [share],
    });
    const acceptance = [pair(1, 5, 0.95), pair(1, 11, 0.95), pair(5, 11, 0.99)];
    const fleet = snapshot({ others: [mast, hall!], acceptance });
    const placement = steady();
    const twoTiers = (): number =>
      decide(placement, fleet).alternatives.find(({ plan }) => plan.kind === 'two-tiers')?.ms ?? 0;
    const before = twoTiers();
    const counts = POSITION_GROUPS.map(() => ({ judged: 100, accepted: 70 }));
    placement.note(decide(placement, fleet), {
      ...{ isTelling: false, durationMs: 0, answerTokens: 0 },
      acceptance: [{ draftExit: 1, judgeExit: 5, byPosition: counts }],
    });
    expect(twoTiers()).toBeGreaterThan(1.5 * before);
  });

  test('a round trip under load counts until a probe says that the link changed', () => {
    const placement = steady();
    const first = decide(placement);
    const nodes = [{ node: 'hall', rttMs: 200 }];
    placement.note(first, { isTelling: true, durationMs: first.plan.expectedMs, answerTokens: 60, nodes });
    const slower = (taken: PlacementSnapshot): number =>
      placement.decide(taken)?.alternatives.find(({ plan }) => plan.kind === 'hand-over')?.ms ?? 0;
    const believed =
      steady()
        .decide(snapshot())
        ?.alternatives.find(({ plan }) => plan.kind === 'hand-over')?.ms ?? 0;
    expect(slower(snapshot())).toBeGreaterThan(believed + 100);
    expect(slower(snapshot({}, 10))).toBeLessThan(believed);
  });
});

describe('trials', () => {
  test('are rare, of ways that are not much slower, and the same for the same seed', () => {
    const near = snapshot({ acceptance: [{ draftExit: 1, judgeExit: 11, byPosition: [0.87] }] }, 40);
    const play = (): readonly PlacementDecision[] => {
      const placement = createPlacement({ random: createSeededRandom(2) });
      return Array.from({ length: 600 }, () => {
        const decision = decide(placement, near);
        noteRatio(placement, decision, 1);
        return decision;
      });
    };
    const decisions = play();
    const trials = decisions.filter(({ isTrial }) => isTrial);
    expect(trials.length).toBeGreaterThan(0);
    expect(trials.length).toBeLessThan(600 / 24 + 1);
    for (const { expectedMs, alternatives } of trials)
      expect(expectedMs).toBeLessThan(1.3 * (alternatives[0]?.ms ?? 0));
    expect(play().map(({ plan }) => plan.label)).toEqual(decisions.map(({ plan }) => plan.label));
  });
});

describe('a deadline', () => {
  test('that only another way fits is a reason to take it at once', () => {
    const placement = steady();
    const [hall] = snapshot().others;
    const at = (node: string, rttMs: number) => ({ ...hall!, node, link: { rttMs } });
    decide(placement, snapshot({ others: [at('hall-1', 40), at('hall-2', 60)] }));
    const tight = snapshot({ others: [at('hall-1', 60), at('hall-2', 40)] });
    const kept = decide(placement, tight);
    expect(kept.plan.members.at(-1)?.node).toBe('hall-1');
    const deadlineMs = (kept.expectedMs + (kept.alternatives[0]?.ms ?? 0)) / 2;
    expect(decide(placement, { ...tight, deadlineMs }).plan.members.at(-1)?.node).toBe('hall-2');
  });

  test('that no way fits is said', () => {
    const { reasons } = decide(steady(), snapshot({ deadlineMs: 20 }));
    expect(reasons).toContain('no way fits the deadline of 20 ms: what stands then is the answer');
  });
});
