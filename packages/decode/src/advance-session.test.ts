import { describe, expect, test } from 'vitest';
import { advanceSession, startSession } from './advance-session.ts';
import { fixedDraftLength, plannedDraftLength } from './draft-length.ts';
import type { SessionEffect, SessionEvent } from './session-event.ts';
import { createSessionState, type SessionState } from './session-state.ts';

const settings = {
  ...{ maxTokens: 100, draftExit: 1, localExit: 2, draftLength: fixedDraftLength(2) },
  ...{ window: 3, maxBlockTokens: 8, maxAhead: 20, maxOpenings: 2, pull: 0 },
};
const cloud = { tier: 'cloud', exit: 9, format: 'fp32', candidates: 1 } as const;
const edge = { ...cloud, tier: 'edge', exit: 5 } as const;

type Verify = Extract<SessionEffect, { type: 'verify' }>;

/** Feeds events to the machine and keeps what it ordered. */
class Play {
  state: SessionState;
  effects: SessionEffect[] = [];

  constructor(tiers: Parameters<typeof createSessionState>[1] = [cloud], change: Partial<typeof settings> = {}) {
    this.state = createSessionState({ ...settings, ...change }, tiers);
    this.effects.push(...startSession(this.state));
    this.feed({ type: 'drafter-opened' });
  }

  feed(event: SessionEvent): readonly SessionEffect[] {
    const { state, effects } = advanceSession(this.state, event);
    this.state = state;
    this.effects.push(...effects);
    return effects;
  }

  draft(...tokens: number[]): readonly SessionEffect[] {
    const margins = tokens.map(() => 1);
    return this.feed({ type: 'drafted', tokens, margins, finished: tokens.at(-1) === 0, computeMs: 1 });
  }

  verdict(block: Verify, accepted: number, correction?: number, finished = false): readonly SessionEffect[] {
    const { tier, opening, flight } = block;
    const { epoch, base } = block.block;
    const verdict = { epoch, base, accepted, correction, finished, nearTies: 0, computeMs: 1 };
    return this.feed({ type: 'verdict', tier, opening, flight, verdict, waitMs: 1 });
  }

  blocks(tier = 0): readonly Verify[] {
    return this.effects.filter((effect): effect is Verify => effect.type === 'verify' && effect.tier === tier);
  }

  block(index: number, tier = 0): Verify {
    const found = this.blocks(tier)[index];
    if (found === undefined) throw new Error(`no block ${index} of tier ${tier}`);
    return found;
  }
}

test('opens everything at once and lets blocks follow the first opening without waiting for it', () => {
  const play = new Play([edge, cloud]);
  expect(play.effects.map(({ type }) => type)).toEqual(['open-drafter', 'open', 'open', 'draft']);
  play.draft(11, 12);
  expect(play.block(0).block).toEqual({ epoch: 1, base: 0, tokens: [11, 12] });
});

test('has no more blocks under way than the window allows, and sends what waited once one is answered', () => {
  const play = new Play();
  for (let from = 10; from < 22; from += 2) play.draft(from, from + 1);
  expect(play.blocks()).toHaveLength(3);
  play.verdict(play.block(0), 2, 12);
  expect(play.block(3).block).toMatchObject({ base: 6, tokens: [16, 17, 18, 19, 20, 21] });
  expect(play.blocks()).toHaveLength(4);
});

test('counts blocks of old epochs too: never more than two windows to one verifier', () => {
  const play = new Play();
  for (let from = 10; from < 16; from += 2) play.draft(from, from + 1);
  play.verdict(play.block(0), 0, 99);
  for (let from = 20; from < 30; from += 2) play.draft(from, from + 1);
  expect(play.state.tiers[0]).toMatchObject({ stale: 2 });
  expect(play.state.tiers[0]?.inFlight).toHaveLength(3);
  play.verdict(play.block(3), 0, 98);
  for (let from = 40; from < 50; from += 2) play.draft(from, from + 1);
  expect(play.state.tiers[0]?.stale).toBe(4);
  expect(play.state.tiers[0]?.inFlight).toHaveLength(2);
});

test('applies verdicts in order of base, whatever order they come in', () => {
  const play = new Play();
  play.draft(1, 2);
  play.draft(3, 4);
  play.verdict(play.block(1), 2, 5);
  expect(play.state.committed).toBe(0);
  play.verdict(play.block(0), 2, 3);
  expect(play.state.committed).toBe(5);
  expect(play.state.tokens).toEqual([1, 2, 3, 4, 5]);
});

test('a rejection crops the answer, raises the epoch, cancels the draft under way and tells the verifier', () => {
  const play = new Play();
  play.draft(1, 2);
  play.draft(3, 4);
  const effects = play.verdict(play.block(0), 1, 7);
  expect(play.state.tokens).toEqual([1, 7]);
  expect(play.state.committed).toBe(2);
  expect(effects.map(({ type }) => type)).toEqual(['cancel-draft', 'revise', 'rollback']);
  expect(effects.at(-1)).toMatchObject({ change: { epoch: 2, length: 2, tokens: [] } });
  play.feed({ type: 'drafter-failed', fault: { kind: 'cancelled', reason: 'overtaken' } });
  expect(play.effects.at(-1)).toMatchObject({ type: 'draft', order: { base: 1, given: [7], count: 2 } });
});

test('a verdict or a failure of an old epoch changes nothing but the count of what is under way', () => {
  const play = new Play();
  for (let from = 10; from < 16; from += 2) play.draft(from, from + 1);
  play.verdict(play.block(0), 0, 99);
  play.verdict(play.block(1), 2, 14);
  expect(play.state.tokens).toEqual([99]);
  const { tier, opening, block } = play.block(2);
  const fault = { kind: 'failed', reason: 'late' } as const;
  play.feed({ type: 'tier-failed', tier, opening, epoch: block.epoch, fault });
  expect(play.state.tiers[0]).toMatchObject({ phase: 'open', opening: 1, stale: 0, counts: { outdated: 1 } });
});

test('a verdict of another epoch on a block of the present one counts as a failure, so that the block is judged anew', () => {
  const play = new Play([{ ...cloud, candidates: 2 }]);
  play.feed({ type: 'tier-opened', tier: 0, opening: 1 });
  play.draft(11, 12);
  const { tier, opening, flight } = play.block(0);
  const verdict = { epoch: 7, base: 0, accepted: 2, correction: 13, finished: false, nearTies: 0, computeMs: 1 };
  const effects = play.feed({ type: 'verdict', tier, opening, flight, verdict, waitMs: 1 });
  expect(play.state).toMatchObject({ committed: 0, tiers: [{ phase: 'opening', opening: 2, candidate: 1 }] });
  expect(play.state.tiers[0]?.fault).toContain('it spoke of epoch 7 when asked in epoch');
  expect(effects).toMatchObject([{ type: 'abandon' }, { type: 'open', candidate: 1, answer: [] }]);
});

test('the reference’s correction reaches the edge as tokens to hold, not to judge', () => {
  const play = new Play([edge, cloud]);
  play.feed({ type: 'tier-opened', tier: 0, opening: 1 });
  play.draft(1, 2);
  play.verdict(play.block(0), 2, 3);
  play.draft(3, 4);
  const effects = play.verdict(play.block(0, 1), 1, 8);
  expect(play.state.tokens).toEqual([1, 8]);
  const rollbacks = effects.filter(({ type }) => type === 'rollback');
  expect(rollbacks).toMatchObject([
    { tier: 0, change: { length: 1, tokens: [8] } },
    { tier: 1, change: { length: 2, tokens: [] } },
  ]);
});

test('the edge has no say about what the reference has settled', () => {
  const play = new Play([edge, cloud]);
  play.draft(1, 2, 3, 4, 5, 6, 7, 8); // the edge opens for too long: both are sent the draft
  play.verdict(play.block(0, 1), 8, 9);
  play.feed({ type: 'tier-opened', tier: 0, opening: 1 });
  const before = play.state.tokens;
  play.verdict(play.block(0), 0, 10);
  expect(play.state.tokens).toEqual(before);
  expect(play.state.committed).toBe(9);
});

test('the cloud waits for an edge that still opens, but no longer than a block', () => {
  const play = new Play([edge, cloud]);
  play.draft(1, 2, 3, 4);
  expect(play.blocks(0)).toHaveLength(1);
  expect(play.blocks(1)).toHaveLength(0);
  play.draft(5, 6, 7, 8);
  expect(play.block(0, 1).block).toMatchObject({ base: 0, tokens: [1, 2, 3, 4, 5, 6, 7, 8] });
});

describe('acceptance by place', () => {
  const groups = (play: Play, tier = 0): readonly string[] =>
    (play.state.tiers[tier]?.counts.byPosition ?? []).map(({ judged, accepted }) => `${accepted}/${judged}`);

  test('is counted from the last rejection on', () => {
    const play = new Play();
    play.draft(1, 2, 3, 4, 5);
    play.verdict(play.block(0), 4, 9);
    expect(groups(play)).toEqual(['1/1', '1/1', '2/2', '0/1', '0/0', '0/0', '0/0']);
    play.feed({ type: 'drafter-failed', fault: { kind: 'cancelled', reason: 'overtaken' } });
    play.draft(6, 7);
    play.verdict(play.block(1), 1, 8);
    expect(groups(play)).toEqual(['2/2', '1/2', '2/2', '0/1', '0/0', '0/0', '0/0']);
  });

  test('counts a token that the verifier named before it was sent, or contradicted after it was', () => {
    const play = new Play([cloud], { window: 1 });
    play.draft(1, 2);
    play.draft(3, 4);
    play.verdict(play.block(0), 2, 3);
    expect(groups(play).slice(0, 3)).toEqual(['1/1', '1/1', '1/1']);
    play.draft(5, 6);
    play.verdict(play.block(1), 1, 7);
    expect(groups(play).slice(0, 4)).toEqual(['1/1', '1/1', '2/2', '0/1']);
  });

  test('counts a draft that was under way while the verifier named its first token', () => {
    const play = new Play();
    play.draft(1, 2);
    play.verdict(play.block(0), 2, 7);
    play.draft(3, 4);
    expect(play.state.tokens).toEqual([1, 2, 7]);
    expect(groups(play).slice(0, 3)).toEqual(['1/1', '1/1', '0/1']);
  });
});

test('planned lengths begin anew after a rejection', () => {
  const lengths = plannedDraftLength([2, 4, 9]);
  const orders = (play: Play): readonly number[] =>
    play.effects.flatMap(effect => (effect.type === 'draft' ? [effect.order.count] : []));
  const play = new Play([cloud], { draftLength: lengths, maxAhead: 60 });
  play.draft(1, 2);
  play.draft(3, 4, 5, 6);
  play.draft(7);
  expect(orders(play)).toEqual([2, 4, 9, 9]);
  play.verdict(play.block(0), 1, 77);
  play.feed({ type: 'drafter-failed', fault: { kind: 'cancelled', reason: 'overtaken' } });
  expect(orders(play).at(-1)).toBe(2);
});

test('a promoted edge judges again what it only took as given', () => {
  const play = new Play([edge, cloud]);
  play.draft(1, 2);
  play.draft(3, 4);
  play.feed({ type: 'tier-failed', tier: 0, opening: 1, fault: { kind: 'lost', reason: 'restarted' } });
  play.feed({ type: 'tier-opened', tier: 0, opening: 2 });
  expect(play.state.tiers[0]).toMatchObject({ sent: 4, judgedFrom: 4 });
  play.feed({ type: 'tier-failed', tier: 1, opening: 1, fault: { kind: 'refused', reason: 'no' } });
  expect(play.state.committed).toBe(0);
  expect(play.effects.findLast(({ type }) => type === 'rollback')).toMatchObject({ tier: 0, change: { length: 0 } });
  expect(play.blocks().at(-1)?.block).toMatchObject({ base: 0, tokens: [1, 2, 3, 4] });
});

test('drafting stops when enough tokens wait for the reference', () => {
  const play = new Play([cloud], { maxAhead: 4, window: 1 });
  play.draft(1, 2);
  expect(play.draft(3, 4).some(({ type }) => type === 'draft')).toBe(false);
  expect(play.verdict(play.block(0), 2, 3).some(({ type }) => type === 'draft')).toBe(true);
});

test('an answer is complete when the reference let its last token stand; then events change nothing', () => {
  const play = new Play();
  play.draft(1, 0);
  const effects = play.verdict(play.block(0), 2, undefined, true);
  expect(effects.at(-1)).toEqual({ type: 'finish', outcome: 'complete' });
  const { state } = play;
  expect(play.draft(5)).toEqual([]);
  expect(play.state).toBe(state);
});

test('an end that the reference does not see is taken back', () => {
  const play = new Play();
  play.draft(1, 0);
  play.verdict(play.block(0), 1, 4);
  expect(play.state).toMatchObject({ tokens: [1, 4], ended: false, done: false });
  expect(play.effects.at(-1)).toMatchObject({ type: 'draft' });
});
