// SPDX-License-Identifier: Apache-2.0
//
// What exits of one node cost, out of what the node reports and what was seen of them. Reports are measured while
// neighbours start, and may be lies.
//
// K1  A report moves towards what was seen of its exit, by as much as the tokens are worth that were seen: half the way
//     after `DOUBT_TOKENS`, never further than all of it. So a short answer moves little, a usual one most of it.
// K2  What was seen of a node's exits counts for those that were not seen themselves, at most `BELIEVED_WITHIN` times.
// K3  A report that is further off than `BELIEVED_WITHIN` times is no report: what was seen stands, whatever the node
//     claims, as soon as `TELLING_TOKENS` showed it.
import { costCurve, type ExitCost } from '@aiflow/placement';

/** A mean over pieces of work of `size` tokens each. */
export interface SeenTime {
  readonly ms: number;
  readonly size: number;
  /** By how many tokens it was seen. */
  readonly tokens: number;
}

/** What was seen of an exit: tokens it said, blocks it judged. */
export interface CostSighting {
  readonly step?: SeenTime;
  readonly block?: SeenTime;
}

/** An exit and what its node says it costs. */
export interface ReportedExit extends Pick<ExitCost, 'exit' | 'format'> {
  readonly reported: ExitCost | undefined;
}

/** Answers of so many tokens and more tell of a node's pace; what goes before the first one drowns shorter ones. */
export const TELLING_TOKENS = 16;

const BELIEVED_WITHIN = 4;
const DOUBT_TOKENS = 16;
const LEAST_MS = 0.01;

/** How many times slower an exit was than its report says. */
interface Ratio {
  readonly log: number;
  readonly tokens: number;
}

type SeenExit = ReportedExit & { readonly sighting: CostSighting | undefined };

/** The costs of a node's exits, corrected; those that nothing is known of are left out. */
export function correctCosts(exits: readonly SeenExit[]): readonly ExitCost[] {
  const ratios = exits.map(ratioOf);
  const pooled = pooledLog(ratios.filter(ratio => ratio !== undefined));
  return exits.flatMap(({ exit, format, reported, sighting }, at) => {
    if (reported !== undefined) return [slowed(reported, correctionOf(ratios[at], pooled))];
    return sighting === undefined ? [] : [costSeen({ exit, format }, sighting)];
  });
}

/** A judge's block tells little of its single step, which then counts as much: an upper limit. */
function costSeen(exit: Pick<ExitCost, 'exit' | 'format'>, { step, block }: CostSighting): ExitCost {
  const stepMs = Math.max(LEAST_MS, step?.ms ?? block?.ms ?? LEAST_MS);
  if (block === undefined) return { ...exit, stepMs };
  return { ...exit, stepMs, verify: [{ tokens: block.size, ms: Math.max(LEAST_MS, block.ms) }] };
}

/** By the steps that were seen, or the blocks, whichever there was more of. */
function ratioOf({ reported, sighting }: SeenExit): Ratio | undefined {
  const { step, block } = sighting ?? {};
  const isStep = (step?.tokens ?? 0) >= (block?.tokens ?? 0);
  const seen = isStep ? step : block;
  if (reported === undefined || seen === undefined) return undefined;
  const { stepMs, verify = [] } = reported;
  const toldMs = isStep || verify.length === 0 ? stepMs : costCurve(verify)(seen.size);
  return { log: Math.log(Math.max(LEAST_MS, seen.ms) / Math.max(LEAST_MS, toldMs)), tokens: seen.tokens };
}

/** K2 */
function pooledLog(ratios: readonly Ratio[]): number {
  const tokens = ratios.reduce((sum, one) => sum + one.tokens, 0);
  const log = ratios.reduce((sum, one) => sum + one.tokens * one.log, 0) / (tokens + DOUBT_TOKENS);
  const most = Math.log(BELIEVED_WITHIN);
  return Math.min(most, Math.max(-most, log));
}

/** By what to multiply a report. */
function correctionOf(ratio: Ratio | undefined, pooled: number): number {
  if (ratio === undefined) return Math.exp(pooled);
  const { log, tokens } = ratio;
  const isFarOff = Math.abs(log) > Math.log(BELIEVED_WITHIN) && tokens >= TELLING_TOKENS; // K3
  return Math.exp(isFarOff ? log : (tokens * log) / (tokens + DOUBT_TOKENS)); // K1
}

function slowed(cost: ExitCost, ratio: number): ExitCost {
  const { verify, prefillTokenMs } = cost;
  return {
    ...cost,
    stepMs: cost.stepMs * ratio,
    ...(verify === undefined ? {} : { verify: verify.map(({ tokens, ms }) => ({ tokens, ms: ms * ratio })) }),
    ...(prefillTokenMs === undefined ? {} : { prefillTokenMs: prefillTokenMs * ratio }),
  };
}
