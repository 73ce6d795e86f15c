// SPDX-License-Identifier: Apache-2.0
//
// Choosing a token. Sampling adds noise to the logits and takes the largest sum (Gumbel-max), which draws from the
// same distribution as the softmax. The noise depends on seed, answer position and token alone, so every tier that
// has nearly the same logits makes the same choice, and sampled decoding is as checkable as greedy decoding.
import type { SamplingOptions } from '../requests/decode-request.ts';

/** The best tokens of one position, best first, equal logits by lower token. */
export interface Candidates {
  readonly logits: Float32Array;
  readonly tokens: Int32Array;
}

/** A chosen token and by how many logits it won; 0 where the choice hung on a rounding error. */
export interface Choice {
  readonly token: number;
  readonly margin: number;
}

/** A cumulative probability this close to top-p may fall on either side of it. */
const TOP_P_TOLERANCE = 1e-5;
const LOGIT_TOLERANCE = 1e-3;

/** How many of the best tokens the choice must see: two when greedy, one more than topK, all for plain sampling. */
export function candidatesNeeded(sampling: SamplingOptions | undefined, vocabulary: number): number {
  const drawn = unlessGreedy(sampling);
  if (drawn === undefined) return Math.min(2, vocabulary);
  return Math.min(vocabulary, drawn.topK === undefined ? vocabulary : Math.max(2, drawn.topK + 1));
}

/** The token for answer position `position`. */
export function chooseToken(candidates: Candidates, sampling: SamplingOptions | undefined, position: number): Choice {
  const { logits, tokens } = candidates;
  const drawn = unlessGreedy(sampling);
  if (drawn === undefined) return { token: tokens[0] ?? 0, margin: (logits[0] ?? 0) - (logits[1] ?? -Infinity) };
  const draw = (count: number): Choice => perturbedBest(candidates, { sampling: drawn, position, count });
  const [likely = logits.length, ...others] = allowedSizes(logits, drawn);
  const choice = draw(likely);
  const steady = others.every(count => draw(count).token === choice.token);
  return steady ? choice : { token: choice.token, margin: 0 };
}

function unlessGreedy(sampling: SamplingOptions | undefined): SamplingOptions | undefined {
  return sampling?.temperature === 0 ? undefined : sampling;
}

interface Draw {
  readonly sampling: SamplingOptions;
  readonly position: number;
  /** Only the first `count` candidates may win. */
  readonly count: number;
}

function perturbedBest({ logits, tokens }: Candidates, { sampling, position, count }: Draw): Choice {
  let best = -Infinity;
  let second = -Infinity;
  let token = 0;
  for (let index = 0; index < count; index++) {
    const candidate = tokens[index] ?? 0;
    const score = (logits[index] ?? 0) / sampling.temperature + gumbelNoise(sampling.seed, position, candidate);
    if (score > best) {
      second = best;
      best = score;
      token = candidate;
    } else if (score > second) {
      second = score;
    }
  }
  return { token, margin: (best - second) * sampling.temperature };
}

/** How many candidates top-k and top-p leave; then the sizes they would leave under a slightly different rounding. */
function allowedSizes(logits: Float32Array, { temperature, topK, topP }: SamplingOptions): number[] {
  const sizes: number[] = [];
  const most = Math.min(topK ?? logits.length, logits.length);
  const closeAt = (boundary: number): boolean =>
    boundary > 0 && boundary < logits.length && (logits[boundary - 1] ?? 0) - (logits[boundary] ?? 0) < LOGIT_TOLERANCE;
  const kept = topP === undefined ? most : nucleusSize(logits, { most, temperature, topP });
  sizes.push(kept);
  if (topP !== undefined) {
    for (const shifted of [topP - TOP_P_TOLERANCE, topP + TOP_P_TOLERANCE]) {
      sizes.push(nucleusSize(logits, { most, temperature, topP: shifted }));
    }
  }
  if (closeAt(kept)) sizes.push(Math.max(1, kept - 1), Math.min(logits.length, kept + 1));
  return sizes;
}

/** The fewest of the first `most` candidates that hold at least `topP` of their probability. */
function nucleusSize(
  logits: Float32Array,
  { most, temperature, topP }: { readonly most: number; readonly temperature: number; readonly topP: number },
): number {
  const peak = logits[0] ?? 0;
  const weight = (index: number): number => Math.exp(((logits[index] ?? 0) - peak) / temperature);
  let total = 0;
  for (let index = 0; index < most; index++) total += weight(index);
  let sum = 0;
  for (let index = 0; index < most; index++) {
    sum += weight(index);
    if (sum >= topP * total) return index + 1;
  }
  return most;
}

/** A standard Gumbel variate that is a function of its three keys. */
export function gumbelNoise(seed: number, position: number, token: number): number {
  let word = mix((seed >>> 0) ^ 0x9e3779b9);
  word = mix(word ^ Math.floor(seed / 0x1_0000_0000));
  word = mix(word ^ Math.imul(position + 1, 0x85ebca6b));
  word = mix(word ^ Math.imul(token + 1, 0xc2b2ae35));
  const uniform = ((word >>> 0) + 0.5) / 0x1_0000_0000;
  return -Math.log(-Math.log(uniform));
}

/** The 32-bit finalizer of "lowbias32" (C. Wellons). */
function mix(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
  return (word ^ (word >>> 16)) >>> 0;
}
