// SPDX-License-Identifier: Apache-2.0
import { createPlacement, type Plan } from '@aiflow/placement';
import { createSeededRandom } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { outcomeOf, simulatePlan } from '../src/index.ts';
import { type Cell, fleetOf, snapshotOf } from './planned-fleet.ts';

describe('a placement that learns', () => {
  const cell: Cell = {
    ...{
      deviceFactor: 1,
      edgeFactor: 2,
      agreement: { draft: 0.97, middle: 0.998 },
      answerTokens: 60,
      promptTokens: 48,
    },
    ...{ edgeLink: { rttMs: 4 }, cloudLink: { rttMs: 20, bytesPerSecond: 1_250_000 }, seed: 3 },
  };

  /** Gives answers over a fleet that may be another than the snapshot says. */
  async function live(
    answers: number,
    at: (answer: number) => { truth: Cell; believed: Cell },
  ): Promise<readonly Plan[]> {
    const placement = createPlacement({ random: createSeededRandom(4) });
    const plans: Plan[] = [];
    for (let answer = 0; answer < answers; answer++) {
      const { truth, believed } = at(answer);
      const decision = placement.decide(snapshotOf(believed));
      if (decision === undefined) throw new Error('no plan');
      const result = await simulatePlan(fleetOf(truth), decision.plan, answer);
      placement.note(decision, outcomeOf(result, snapshotOf(believed)));
      if (!decision.isTrial) plans.push(decision.plan);
    }
    return plans;
  }

  test('keeps to one way while nothing changes', async () => {
    const plans = await live(40, () => ({ truth: cell, believed: cell }));
    const labels = plans.map(({ label }) => label);
    const switches = labels.filter((label, at) => at > 0 && label !== labels[at - 1]).length;
    expect(switches).toBeLessThanOrEqual(2);
  });

  test('turns drafting off within a few answers when drafts turn out to be worse than was promised', async () => {
    const truth = { ...cell, agreement: { draft: 0.4, middle: 0.6 }, cloudLink: { rttMs: 150 } };
    const believed = { ...truth, agreement: cell.agreement };
    const plans = await live(12, () => ({ truth, believed }));
    expect(plans[0]?.draftLengths.length).toBeGreaterThan(0);
    expect(plans.slice(6).every(({ draftLengths }) => draftLengths.length === 0)).toBe(true);
  });

  test('reacts at once when probes say that a link got worse', async () => {
    const worse = { ...cell, cloudLink: { rttMs: 300, bytesPerSecond: 12_500 } };
    const plans = await live(20, answer => {
      const now = answer < 12 ? cell : worse;
      return { truth: now, believed: now };
    });
    expect(plans[8]?.members.at(-1)?.tier).toBe('cloud');
    expect(plans.at(-1)).toMatchObject({ kind: 'local' });
  });

  test('reacts within a few answers when a link got worse and no probe has told', async () => {
    const jammed = { ...cell, cloudLink: { rttMs: 400, bytesPerSecond: 12_500 } };
    const plans = await live(24, answer => ({ truth: answer < 8 ? cell : jammed, believed: cell }));
    expect(plans[6]?.members.at(-1)?.tier).toBe('cloud');
    expect(plans.slice(14).filter(({ kind }) => kind === 'local').length).toBeGreaterThan(5);
  });
});
