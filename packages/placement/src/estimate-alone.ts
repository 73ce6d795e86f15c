// SPDX-License-Identifier: Apache-2.0
//
// Expected time of answers in which one node says every token.
import { costCurve } from './cost-curve.ts';
import { type ChainJudge, loadOf, prefillTokenMs, verifyPoints } from './estimate-drafting.ts';
import type { MessageSizes } from './message-sizes.ts';
import type { ExitCost, PlacementNode } from './snapshot.ts';

/** The answer to be estimated. */
export interface AnswerSize {
  readonly promptTokens: number;
  readonly answerTokens: number;
}

/** What a lone answer takes. */
export interface LoneEstimate {
  readonly expectedMs: number;
  readonly firstTokenMs: number;
}

/** The owner itself. */
export function estimateLocal(owner: PlacementNode, cost: ExitCost, size: AnswerSize): LoneEstimate {
  const load = loadOf(owner);
  const openMs = size.promptTokens * prefillTokenMs(cost) * load;
  const stepMs = cost.stepMs * load;
  return { expectedMs: openMs + size.answerTokens * stepMs, firstTokenMs: openMs + stepMs };
}

/** Another node, which sends its answer back in revisions. */
export function estimateHandOver({ node, cost }: ChainJudge, size: AnswerSize, sizes: MessageSizes): LoneEstimate {
  const { halfTripMs, byteMs, load } = wayTo(node);
  const openMs = openingMs(size, sizes) * byteMs + halfTripMs + size.promptTokens * prefillTokenMs(cost) * load;
  const stepMs = cost.stepMs * load;
  const every = Math.min(sizes.revisionEveryTokens, size.answerTokens);
  const revisionMs = (tokens: number): number => (sizes.revision + tokens * sizes.revisionToken) * byteMs;
  let freeMs = 0;
  for (let tokens = every; tokens - every < size.answerTokens; tokens += every) {
    const said = Math.min(tokens, size.answerTokens);
    freeMs = Math.max(freeMs, openMs + said * stepMs) + revisionMs(said);
  }
  return {
    expectedMs: freeMs + halfTripMs,
    firstTokenMs: openMs + every * stepMs + revisionMs(every) + halfTripMs,
  };
}

/** Another node asked for its tokens ahead, `pull` at a time. */
export function estimatePull(
  { node, cost }: ChainJudge,
  size: AnswerSize,
  { sizes, pull }: { readonly sizes: MessageSizes; readonly pull: number },
): LoneEstimate {
  const { halfTripMs, byteMs, load } = wayTo(node);
  const openMs = openingMs(size, sizes) * byteMs + halfTripMs + size.promptTokens * prefillTokenMs(cost) * load;
  const messageMs = sizes.message * byteMs;
  const stepMs = blockStepMs(cost) * load;
  const tripMs = 2 * halfTripMs + 2 * messageMs + stepMs;
  const paceMs = Math.max(stepMs, messageMs, tripMs / Math.max(1, pull));
  const firstMs = Math.max(openMs, openingMs(size, sizes) * byteMs + messageMs + halfTripMs) + stepMs;
  const backMs = messageMs + halfTripMs;
  return {
    expectedMs: firstMs + Math.max(0, size.answerTokens - 1) * paceMs + backMs,
    firstTokenMs: firstMs + backMs,
  };
}

/** Enough to keep the reference busy over a round trip. */
export function pullAhead({ node, cost }: ChainJudge): number {
  const stepMs = Math.max(0.05, blockStepMs(cost) * loadOf(node));
  return Math.min(64, Math.ceil((1.3 * node.link.rttMs) / stepMs) + 4);
}

function blockStepMs(cost: ExitCost): number {
  return Math.max(cost.stepMs, costCurve(verifyPoints(cost))(0));
}

function openingMs({ promptTokens }: AnswerSize, sizes: MessageSizes): number {
  return sizes.opening + promptTokens * sizes.token;
}

function wayTo({ link, load }: ChainJudge['node']): { halfTripMs: number; byteMs: number; load: number } {
  const byteMs = link.bytesPerSecond === undefined ? 0 : 1000 / link.bytesPerSecond;
  return { halfTripMs: link.rttMs / 2, byteMs, load: Math.max(1, load ?? 1) };
}
