// SPDX-License-Identifier: Apache-2.0
//
// The lone sampler against the distribution it promises, by Pearson's chi-square test. Seeds are fixed, so a result is a
// fact about the generator and not about luck; the bound is what a perfect sampler passes in 9,999 of 10,000 cases.
import { createSeededRandom } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import type { SamplingOptions } from '../requests/decode-request.ts';
import { chooseToken, gumbelNoise } from './sampling.ts';

const DRAWS = 20_000;
/** The standard normal deviate that is exceeded once in 10,000. */
const Z = 3.719;

interface Ranked {
  readonly logits: Float32Array;
  readonly tokens: Int32Array;
}

/** A vocabulary with a few likely words and a long tail, best first. */
function ranked(size: number, spread: number): Ranked {
  const random = createSeededRandom(`vocabulary of ${size}`);
  const values = Array.from({ length: size }, () => spread * -Math.log(random.next() + 1e-9)).sort((a, b) => b - a);
  const tokens = Int32Array.from({ length: size }, (_, rank) => (rank * 397 + 11) % 1009); // ranks are no ids
  return { logits: Float32Array.from(values), tokens };
}

/** What softmax, top-k and top-p promise, written down once more from their definitions. */
function promised({ logits }: Ranked, { temperature, topK, topP }: SamplingOptions): readonly number[] {
  const weights = [...logits].map(logit => Math.exp((logit - (logits[0] ?? 0)) / temperature));
  const among = weights.slice(0, topK ?? weights.length);
  const total = among.reduce((sum, weight) => sum + weight, 0);
  const upTo = among.map((_, rank) => among.slice(0, rank + 1).reduce((sum, weight) => sum + weight, 0));
  const last = topP === undefined ? among.length - 1 : upTo.findIndex(sum => sum >= topP * total);
  const kept = among.slice(0, last + 1);
  const keptTotal = kept.reduce((all, weight) => all + weight, 0);
  return weights.map((weight, rank) => (rank <= last ? weight / keptTotal : 0));
}

/** Counts by rank over draws whose seed and position `keyOf` names. */
function drawn(
  candidates: Ranked,
  options: Omit<SamplingOptions, 'seed'>,
  keyOf: (draw: number) => { readonly seed: number; readonly position: number },
): readonly number[] {
  const rankOf = new Map([...candidates.tokens].map((token, rank) => [token, rank]));
  const counts = new Array<number>(candidates.logits.length).fill(0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const { seed, position } = keyOf(draw);
    const { token } = chooseToken(candidates, { ...options, seed }, position);
    counts[rankOf.get(token) ?? 0]! += 1;
  }
  return counts;
}

/** Pearson's statistic; tokens that are expected less than five times are taken together. */
function chiSquare(
  counts: readonly number[],
  shares: readonly number[],
): { readonly statistic: number; readonly freedom: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let [statistic, cells, restCount, restExpected] = [0, 0, 0, 0];
  const add = (count: number, expected: number): void => {
    statistic += (count - expected) ** 2 / expected;
    cells += 1;
  };
  for (const [rank, share] of shares.entries()) {
    const count = counts[rank] ?? 0;
    if (share * total >= 5) add(count, share * total);
    else {
      restCount += count;
      restExpected += share * total;
    }
  }
  if (restExpected >= 1) add(restCount, restExpected);
  else expect(restCount, 'draws of tokens that should hardly ever come').toBeLessThanOrEqual(10);
  return { statistic, freedom: cells - 1 };
}

/** The value that chi-square with so many degrees of freedom exceeds once in 10,000 (Wilson and Hilferty 1931). */
function bound(freedom: number): number {
  const ninth = 2 / (9 * freedom);
  return freedom * (1 - ninth + Z * Math.sqrt(ninth)) ** 3;
}

function expectAsPromised(counts: readonly number[], shares: readonly number[]): void {
  const { statistic, freedom } = chiSquare(counts, shares);
  expect(freedom).toBeGreaterThan(0);
  expect(statistic).toBeLessThan(bound(freedom));
}

const SETTINGS = [
  { temperature: 1 },
  { temperature: 0.6 },
  { temperature: 1.7 },
  { temperature: 1, topK: 12 },
  { temperature: 1.3, topP: 0.9 },
  { temperature: 0.9, topK: 40, topP: 0.8 },
];

describe('the lone sampler draws what softmax promises', () => {
  const vocabulary = ranked(60, 1.2);

  test.each(SETTINGS)('along one answer: %o', options => {
    const counts = drawn(vocabulary, options, draw => ({ seed: 20_260, position: draw }));
    expectAsPromised(counts, promised(vocabulary, { ...options, seed: 0 }));
  });

  test.each(SETTINGS)('at one position of many answers: %o', options => {
    const counts = drawn(vocabulary, options, draw => ({ seed: draw, position: 3 }));
    expectAsPromised(counts, promised(vocabulary, { ...options, seed: 0 }));
  });

  test('over two equal tokens, and over many', () => {
    for (const size of [2, 300]) {
      const flat = { logits: new Float32Array(size), tokens: Int32Array.from({ length: size }, (_, at) => at) };
      const counts = drawn(flat, { temperature: 1 }, draw => ({ seed: draw >> 6, position: draw & 63 }));
      expectAsPromised(
        counts,
        Array.from({ length: size }, () => 1 / size),
      );
    }
  });
});

/** Pairs of draws over four equal tokens, as counts of the sixteen pairs. */
function pairCounts(
  pairOf: (draw: number) => readonly [readonly [number, number], readonly [number, number]],
): number[] {
  const flat = { logits: new Float32Array(4), tokens: Int32Array.from([5, 6, 7, 8]) };
  const choose = ([seed, position]: readonly [number, number]): number =>
    chooseToken(flat, { temperature: 1, seed }, position).token - 5;
  const counts = new Array<number>(16).fill(0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const [one, other] = pairOf(draw);
    counts[4 * choose(one) + choose(other)]! += 1;
  }
  return counts;
}

describe('draws know nothing of each other', () => {
  const even = Array.from({ length: 16 }, () => 1 / 16);

  test('at neighbouring positions of one answer', () => {
    const counts = pairCounts(draw => [
      [9, 2 * draw],
      [9, 2 * draw + 1],
    ]);
    expectAsPromised(counts, even);
  });

  test('at one position under neighbouring seeds', () => {
    const counts = pairCounts(draw => [
      [2 * draw, 17],
      [2 * draw + 1, 17],
    ]);
    expectAsPromised(counts, even);
  });
});

test('the test can fail: noise of half the size is found out', () => {
  const vocabulary = ranked(60, 1.2);
  const counts = new Array<number>(60).fill(0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const scores = [...vocabulary.logits].map(
      (logit, rank) => logit + 0.5 * gumbelNoise(1, draw, vocabulary.tokens[rank] ?? 0),
    );
    counts[scores.indexOf(Math.max(...scores))]! += 1;
  }
  const { statistic, freedom } = chiSquare(counts, promised(vocabulary, { temperature: 1, seed: 0 }));
  expect(statistic).toBeGreaterThan(10 * bound(freedom));
});
