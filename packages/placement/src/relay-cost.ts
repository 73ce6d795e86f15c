// SPDX-License-Identifier: Apache-2.0
//
// Which way of going on elsewhere is the fastest, as a pure function of what was measured:
//
//   ids       every layer again, nothing travels but tokens
//   features  hidden states travel; the layers from there on are computed; each further token waits a round trip
//   cache     hidden states, keys and values travel; afterwards this node is alone and computes every layer of a token
//
// With S positions, T further tokens, rate R and round trip r, the time until all is said is
//
//   ids       full(S) + T * step
//   features  r + source(S) + S * row / R + upper(S) + T * (r + row / R + below + above)
//   cache     r + source(S) + S * (row + cache) / R + upper(S) + T * step

/**
 * What the node upstream hands over. `features`: hidden states, also of each further token, so it stays in the loop.
 * `cache`: hidden states with keys and values of the layers below, after which it is not needed. `ids`: nothing but the
 * tokens; everything is computed again.
 */
export type RelayWay = 'features' | 'cache' | 'ids';

/** What a link and two nodes cost. Times in milliseconds, sizes in bytes. */
export interface RelayCosts {
  readonly link: { readonly rttMs: number; readonly bytesPerSecond: number };
  /** Positions the receiver lacks: prompt and answer. */
  readonly positions: number;
  /** Tokens that will still be said. */
  readonly tokens: number;
  /** Of one position, as they travel. */
  readonly rowBytes: number;
  readonly cacheBytes: number;
  /** At the source, to make the hidden states; 0 where it has them. */
  readonly sourceMs: number;
  /** At the receiver until the first token: with all layers, and with those above the relay only. */
  readonly fullMs: number;
  readonly upperMs: number;
  /** For one further token: all layers at the receiver, those below at the source, those above at the receiver. */
  readonly stepMs: number;
  readonly stepBelowMs: number;
  readonly stepAboveMs: number;
}

/** What one way would cost. */
export interface RelayEstimate {
  readonly way: RelayWay;
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** From the source, prompt and steps. */
  readonly bytes: number;
}

/** All three, the fastest first; between equals the one that moves fewer bytes. */
export function compareRelayWays(costs: RelayCosts): readonly RelayEstimate[] {
  const estimates = [estimateIds(costs), estimateFeatures(costs), estimateCache(costs)];
  return estimates.sort((one, other) => one.totalMs - other.totalMs || one.bytes - other.bytes);
}

/**
 * The rate in bytes a second above which `cache` or `features`, whichever is better, beats `ids`; 0 where it does on any
 * link, infinite where it does on none. Found by halving: the time of a relay falls as the rate grows.
 */
export function breakEvenRate(costs: RelayCosts): number {
  const isFaster = (bytesPerSecond: number): boolean =>
    compareRelayWays({ ...costs, link: { ...costs.link, bytesPerSecond } })[0]?.way !== 'ids';
  let [low, high] = [1, 1e12];
  if (isFaster(low)) return 0;
  if (!isFaster(high)) return Infinity;
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (isFaster(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function estimateIds({ fullMs, stepMs, tokens }: RelayCosts): RelayEstimate {
  return { way: 'ids', firstTokenMs: fullMs, totalMs: fullMs + tokens * stepMs, bytes: 0 };
}

function estimateFeatures(costs: RelayCosts): RelayEstimate {
  const { link, positions, tokens, rowBytes, stepBelowMs, stepAboveMs } = costs;
  const firstTokenMs = handOverMs(costs, rowBytes);
  const stepMs = link.rttMs + sendMs(costs, rowBytes) + stepBelowMs + stepAboveMs;
  return {
    way: 'features',
    firstTokenMs,
    totalMs: firstTokenMs + tokens * stepMs,
    bytes: (positions + tokens) * rowBytes,
  };
}

function estimateCache(costs: RelayCosts): RelayEstimate {
  const { positions, tokens, rowBytes, cacheBytes, stepMs } = costs;
  const firstTokenMs = handOverMs(costs, rowBytes + cacheBytes);
  return {
    way: 'cache',
    firstTokenMs,
    totalMs: firstTokenMs + tokens * stepMs,
    bytes: positions * (rowBytes + cacheBytes),
  };
}

function handOverMs(costs: RelayCosts, bytesPerPosition: number): number {
  const { link, positions, sourceMs, upperMs } = costs;
  return link.rttMs + sourceMs + positions * sendMs(costs, bytesPerPosition) + upperMs;
}

function sendMs({ link }: RelayCosts, bytes: number): number {
  return (bytes / link.bytesPerSecond) * 1000;
}
