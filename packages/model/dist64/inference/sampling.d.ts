import type { SamplingOptions } from '../engine.ts';
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
/** How many of the best tokens the choice must see: two when greedy, one more than topK, all for plain sampling. */
export declare function candidatesNeeded(sampling: SamplingOptions | undefined, vocabulary: number): number;
/** The token for answer position `position`. */
export declare function chooseToken(
  candidates: Candidates,
  sampling: SamplingOptions | undefined,
  position: number,
): Choice;
/** A standard Gumbel variate that is a function of its three keys. */
export declare function gumbelNoise(seed: number, position: number, token: number): number;
//# sourceMappingURL=sampling.d.ts.map
