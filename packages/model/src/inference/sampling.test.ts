// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidates, candidatesNeeded, chooseToken, gumbelNoise } from './sampling.ts';

function candidates(logits: readonly number[]): Candidates {
  return { logits: Float32Array.from(logits), tokens: Int32Array.from(logits.keys(), index => index + 10) };
}

test('greedy takes the best and tells its margin; temperature 0 is greedy', () => {
  expect(chooseToken(candidates([3, 2.5, 1]), undefined, 4)).toEqual({ token: 10, margin: 0.5 });
  expect(chooseToken(candidates([3, 2.5]), { temperature: 0, seed: 1 }, 4)).toEqual({ token: 10, margin: 0.5 });
});

test('a choice is a function of seed, position and logits', () => {
  const sampling = { temperature: 1, seed: 3 };
  const draws = Array.from({ length: 40 }, (_, position) => chooseToken(candidates([1, 1, 1, 1]), sampling, position));
  const again = Array.from({ length: 40 }, (_, position) => chooseToken(candidates([1, 1, 1, 1]), sampling, position));
  expect(again).toEqual(draws);
  expect(new Set(draws.map(draw => draw.token)).size).toBe(4);
});

test('adding a token that cannot win changes no choice: the noise belongs to the token', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1000), (seed, position) => {
      const few = chooseToken(candidates([2, 1.5, 1]), { temperature: 1, seed }, position);
      const more = chooseToken(candidates([2, 1.5, 1, -500]), { temperature: 1, seed }, position);
      expect(more.token).toBe(few.token);
    }),
  );
});

describe('over 20,000 draws', () => {
  const frequencies = (logits: readonly number[], options: object): number[] => {
    const counts = new Array<number>(logits.length).fill(0);
    for (let draw = 0; draw < 20_000; draw++) {
      counts[chooseToken(candidates(logits), { temperature: 1, seed: draw % 100, ...options }, draw).token - 10]! += 1;
    }
    return counts.map(count => count / 20_000);
  };
  const softmax = (logits: readonly number[]): number[] => {
    const weights = logits.map(Math.exp);
    return weights.map(weight => weight / weights.reduce((sum, one) => sum + one, 0));
  };
  const close = (found: number[], expected: number[]): void => {
    expected.forEach((share, index) => {
      expect(Math.abs(found[index]! - share), `token ${index}`).toBeLessThan(0.015);
    });
  };

  test('tokens come as often as the softmax says, at any temperature', () => {
    const logits = [2, 1, 0.5, -1];
    close(frequencies(logits, {}), softmax(logits));
    close(frequencies(logits, { temperature: 2 }), softmax(logits.map(logit => logit / 2)));
  });

  test('top-k and top-p leave out the tail and share its part', () => {
    const logits = [2, 1, 0.5, -1];
    close(frequencies(logits, { topK: 2 }), [...softmax([2, 1]), 0, 0]);
    close(frequencies(logits, { topP: 0.8 }), [...softmax([2, 1]), 0, 0]);
    close(frequencies(logits, { topK: 3, topP: 0.99 }), [...softmax([2, 1, 0.5]), 0]);
  });

  test('the noise has the mean and variance of a Gumbel variate', () => {
    const noise = Array.from({ length: 50_000 }, (_, index) => gumbelNoise(index % 7, index, index % 13));
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    expect(mean).toBeCloseTo(0.5772, 1);
    expect(variance).toBeCloseTo(Math.PI ** 2 / 6, 1);
  });
});

describe('a choice that hangs on a rounding error has margin 0', () => {
  test('at the edge of top-k', () => {
    const steady = { temperature: 1, topK: 2 };
    const logits = [1, 0.5, 0.5 - 1e-5, -3];
    const margins = Array.from(
      { length: 200 },
      (_, seed) => chooseToken(candidates(logits), { ...steady, seed }, 0).margin,
    );
    const wider = Array.from({ length: 200 }, (_, seed) => {
      const two = chooseToken(candidates(logits), { ...steady, seed }, 0).token;
      const three = chooseToken(candidates(logits), { temperature: 1, topK: 3, seed }, 0).token;
      return two !== three;
    });
    expect(wider.filter(Boolean).length).toBeGreaterThan(10);
    wider.forEach((differs, seed) => {
      if (differs) expect(margins[seed]).toBe(0);
    });
  });

  test('at the edge of top-p', () => {
    const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.2)];
    const edge = Array.from({ length: 200 }, (_, seed) =>
      chooseToken(candidates(logits), { temperature: 1, topP: 0.8, seed }, 0),
    );
    const inside = Array.from({ length: 200 }, (_, seed) =>
      chooseToken(candidates(logits), { temperature: 1, topP: 0.7, seed }, 0),
    );
    expect(edge.filter(choice => choice.margin === 0).length).toBeGreaterThan(10);
    expect(inside.filter(choice => choice.margin === 0).length).toBe(0);
  });
});

test('a graph is asked for as many candidates as the choice needs', () => {
  expect(candidatesNeeded(undefined, 1000)).toBe(2);
  expect(candidatesNeeded({ temperature: 1, seed: 1 }, 1000)).toBe(1000);
  expect(candidatesNeeded({ temperature: 1, seed: 1, topK: 40 }, 1000)).toBe(41);
  expect(candidatesNeeded({ temperature: 1, seed: 1, topK: 40 }, 20)).toBe(20);
});
