// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '@aiflow/protocol';
import { estimateHandOver, estimateLocal, estimatePull, type LoneEstimate, pullAhead } from './estimate-alone.ts';
import { type Chain, type ChainJudge, createChainEstimator, loadOf } from './estimate-drafting.ts';
import { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
import { type DraftingShape, labelOf, type Plan, type PlanMember } from './plan.ts';
import { searchShape } from './search-shape.ts';
import type { ExitCost, PlacementNode, PlacementSnapshot, PlanKind } from './snapshot.ts';

/** Judges of one tier that are looked at: the nearest and fastest. */
const MAX_JUDGES_A_TIER = 2;
/** Draft exits of the owner that are looked at, from the shallowest on. */
const MAX_DRAFT_EXITS = 2;
const NO_DRAFTS: DraftingShape = { draftLengths: [], window: 8, maxAhead: 96, pull: 0 };

/** Every way to get the reference exit's text, each at its best lengths, fastest first. */
export function findPlans(snapshot: PlacementSnapshot, sizes: MessageSizes = MESSAGE_SIZES): readonly Plan[] {
  const allowed = new Set<PlanKind>(snapshot.allowed ?? ['local', 'two-tiers', 'three-tiers', 'pull', 'hand-over']);
  const references = judgesOf(snapshot, cost => speaksForReference(cost, snapshot));
  const plans = [
    ...localPlans(snapshot),
    ...references.flatMap(reference => [
      ...lonePlans(snapshot, reference, sizes),
      ...drafted(snapshot, [reference], sizes),
    ]),
    ...references.flatMap(reference =>
      allowed.has('three-tiers')
        ? middlesFor(snapshot, reference).flatMap(middle => drafted(snapshot, [middle, reference], sizes))
        : [],
    ),
  ];
  return plans.filter(({ kind }) => allowed.has(kind)).sort((one, other) => one.expectedMs - other.expectedMs);
}

function speaksForReference(cost: ExitCost, snapshot: PlacementSnapshot): boolean {
  return cost.exit === snapshot.referenceExit && (cost.format === 'fp32' || snapshot.allowNearExact === true);
}

/** The few best by round trip and step, of each tier. */
function judgesOf({ others }: PlacementSnapshot, fits: (cost: ExitCost) => boolean): readonly ChainJudge[] {
  const judges = others.flatMap(node => node.exits.filter(fits).map(cost => ({ node, cost })));
  const rank = ({ node, cost }: ChainJudge): number => node.link.rttMs + 8 * cost.stepMs * loadOf(node);
  const ordered = judges.sort((one, other) => rank(one) - rank(other));
  const taken = new Map<Tier, number>();
  return ordered.filter(({ node }) => {
    const count = (taken.get(node.tier) ?? 0) + 1;
    taken.set(node.tier, count);
    return count <= MAX_JUDGES_A_TIER;
  });
}

/** Judges between a draft and the reference: closer by than it, and on another node. */
function middlesFor(snapshot: PlacementSnapshot, reference: ChainJudge): readonly ChainJudge[] {
  const shallowest = Math.min(...snapshot.owner.exits.map(({ exit }) => exit));
  const between = judgesOf(snapshot, ({ exit }) => exit > shallowest && exit < reference.cost.exit);
  return between.filter(({ node }) => node.node !== reference.node.node && node.link.rttMs < reference.node.link.rttMs);
}

function localPlans(snapshot: PlacementSnapshot): readonly Plan[] {
  const { owner } = snapshot;
  return owner.exits
    .filter(cost => speaksForReference(cost, snapshot))
    .map(cost =>
      lonePlan('local', snapshot, [memberOf('answerer', owner, cost)], estimateLocal(owner, cost, snapshot)),
    );
}

function lonePlans(snapshot: PlacementSnapshot, reference: ChainJudge, sizes: MessageSizes): readonly Plan[] {
  const { owner } = snapshot;
  const own = owner.exits[0];
  if (own === undefined) return [];
  const pull = pullAhead(reference);
  const first = memberOf('drafter', owner, own);
  const answerer = memberOf('answerer', reference.node, reference.cost);
  const judge = { ...answerer, role: 'reference' } as const;
  const pulled = lonePlan('pull', snapshot, [first, judge], estimatePull(reference, snapshot, { sizes, pull }));
  return [
    lonePlan('hand-over', snapshot, [first, answerer], estimateHandOver(reference, snapshot, sizes)),
    { ...pulled, pull, window: Math.max(8, pull) },
  ];
}

function lonePlan(
  kind: PlanKind,
  { answerTokens }: PlacementSnapshot,
  members: readonly PlanMember[],
  estimate: LoneEstimate,
): Plan {
  const msPerToken = estimate.expectedMs / Math.max(1, answerTokens);
  return { ...NO_DRAFTS, kind, label: labelOf(kind, members), members, ...estimate, msPerToken };
}

function drafted(snapshot: PlacementSnapshot, judges: readonly ChainJudge[], sizes: MessageSizes): readonly Plan[] {
  const { owner, answerTokens, promptTokens, acceptance } = snapshot;
  const nearest = judges[0]?.cost.exit ?? 0;
  const drafts = owner.exits.filter(({ exit }) => exit < nearest).slice(0, MAX_DRAFT_EXITS);
  const kind = judges.length > 1 ? 'three-tiers' : 'two-tiers';
  return drafts.map(draft => {
    const chain: Chain = { owner, draft, judges, promptTokens, answerTokens, acceptance, sizes };
    const estimator = createChainEstimator(chain);
    const { shape, expectedMs } = searchShape(estimator);
    const members = [
      memberOf('drafter', owner, draft),
      ...judges.map((judge, at) => judgeMember(judge, at === judges.length - 1)),
    ];
    const firstTokenMs = estimator.firstTokenMs(shape);
    const msPerToken = expectedMs / Math.max(1, answerTokens);
    return { ...shape, kind, label: labelOf(kind, members), members, expectedMs, msPerToken, firstTokenMs };
  });
}

function judgeMember({ node, cost }: ChainJudge, isLast: boolean): PlanMember {
  return memberOf(isLast ? 'reference' : 'judge', node, cost);
}

function memberOf(role: PlanMember['role'], { node, tier }: PlacementNode, { exit, format }: ExitCost): PlanMember {
  return { role, node, tier, exit, format };
}
