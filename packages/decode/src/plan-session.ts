// SPDX-License-Identifier: Apache-2.0
//
// Between a plan of `@aiflow/placement` and a session: what the driver is told, and what the planner learns from it.
import {
  costCurve,
  type ExitCost,
  type LinkFacts,
  MESSAGE_SIZES,
  type NodeObservation,
  type PlacementNode,
  type PlacementOutcome,
  type PlacementSnapshot,
  type Plan,
} from '@aiflow/placement';
import { plannedDraftLength } from './draft-length.ts';
import type { SessionOptions } from './session-options.ts';
import type { SessionResult } from './session-result.ts';
import type { TierStatistics } from './tier-statistics.ts';

const PLAINLY_LATE = 3;

/** Session options that carry a plan out; the tiers are the plan's members after the first. */
export function sessionOptionsOf({ draftLengths, window, maxAhead, pull, members }: SessionPlan): SessionOptions {
  const draftExit = members[0]?.exit;
  return {
    ...{ window, maxAhead, pull, draftLength: plannedDraftLength(draftLengths) },
    ...(draftExit === undefined ? {} : { draftExit }),
  };
}

/** What of a plan a session needs. */
export type SessionPlan = Pick<Plan, 'draftLengths' | 'window' | 'maxAhead' | 'pull'> & {
  readonly members: readonly Pick<Plan['members'][number], 'exit'>[];
};

/** What a planner learns from an answer: `snapshot` is the one it decided by. */
export function outcomeOf(result: SessionResult, snapshot: PlacementSnapshot): PlacementOutcome {
  const [drafter, ...judges] = result.tiers;
  const draftExits = [drafter, ...judges].map(tier => tier?.exit ?? 0);
  const isUndisturbed = result.references.length === 1 && result.tiers.every(({ fault }) => fault === undefined);
  return {
    isTelling: result.outcome === 'complete' && isUndisturbed,
    durationMs: result.durationMs,
    answerTokens: result.tokens.length,
    acceptance: judges.flatMap(({ exit, byPosition }, at) =>
      byPosition === undefined ? [] : [{ draftExit: draftExits[at] ?? 0, judgeExit: exit, byPosition }],
    ),
    nodes: result.tiers.flatMap(tier => observe(tier, snapshot)),
  };
}

function observe(tier: TierStatistics, { owner, others }: PlacementSnapshot): readonly NodeObservation[] {
  const isOwner = tier.role === 'drafter';
  const remote = isOwner ? undefined : others.find(other => other.node === tier.node);
  const node = isOwner ? owner : remote;
  const cost = node?.exits.find(({ exit }) => exit === tier.exit);
  if (node === undefined || cost === undefined) return [];
  const computeRatio = ratioOf(tier, node, cost);
  const rttMs = remote === undefined ? undefined : roundTripOf(tier, remote.link);
  if (computeRatio === undefined && rttMs === undefined) return [];
  return [
    {
      node: node.node,
      ...(computeRatio === undefined ? {} : { computeRatio }),
      ...(rttMs === undefined ? {} : { rttMs }),
    },
  ];
}

/** Time spent over the time foretold, blocks taken to be all of their mean length. */
function ratioOf(tier: TierStatistics, { load }: PlacementNode, cost: ExitCost): number | undefined {
  const { role, calls, drafted, verifyCalls, proposed, computeMs } = tier;
  const busy = Math.max(1, load ?? 1);
  if (role === 'drafter') return calls === 0 ? undefined : computeMs / (drafted * cost.stepMs * busy);
  if (verifyCalls === 0 || cost.verify === undefined || cost.verify.length === 0) return undefined;
  return computeMs / (verifyCalls * costCurve(cost.verify)(proposed / verifyCalls) * busy);
}

/**
 * The shortest wait tells of the link only when it is plainly long: blocks that follow each other closely wait for the
 * judge too. Otherwise what probes say stands.
 */
function roundTripOf(
  { leastWaitMs, verifyCalls, computeMs }: TierStatistics,
  { rttMs, bytesPerSecond }: LinkFacts,
): number | undefined {
  if (leastWaitMs === undefined || verifyCalls === 0) return undefined;
  const sendingMs = bytesPerSecond === undefined ? 0 : (2 * MESSAGE_SIZES.message * 1000) / bytesPerSecond;
  const blockMs = computeMs / verifyCalls;
  const isLate = leastWaitMs > PLAINLY_LATE * (rttMs + sendingMs + blockMs);
  return isLate ? leastWaitMs - sendingMs - blockMs : rttMs;
}
