// SPDX-License-Identifier: Apache-2.0
//
// Every way to the reference exit's text, with its expected time. Drafting chains are first rated at their usual shape;
// only those that could still win are searched for their best lengths.
import type { Tier } from '@aiflow/protocol';
import {
  type AnswerSize,
  estimateHandOver,
  estimateLocal,
  estimatePull,
  type LoneEstimate,
  pullAhead,
} from './estimate-alone.ts';
import { type ChainEstimator, type ChainJudge, createChainEstimator, loadOf } from './estimate-drafting.ts';
import { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
import { type DraftingShape, labelOf, type Plan, type PlanMember } from './plan.ts';
import { type RatedShape, searchShape, usualShape } from './search-shape.ts';
import type { ExitCost, PlacementNode, PlacementSnapshot, PlanKind, RemoteDuty } from './snapshot.ts';

/** Judges of one tier that are looked at: the nearest and fastest. */
const MAX_JUDGES_A_TIER = 2;
/** Probes of links alike differ by so much: who is as near as the reference may well judge before it. */
const AS_NEAR = { ratio: 1.25, ms: 2 };
/** Draft exits of the owner that are looked at, from the shallowest on. */
const MAX_DRAFT_EXITS = 2;
/** A better shape makes a chain at most twice as fast; those further behind are not searched. */
const SEARCH_WITHIN = 2;
const ALL_KINDS: readonly PlanKind[] = ['local', 'two-tiers', 'three-tiers', 'pull', 'hand-over'];
const NO_DRAFTS: DraftingShape = { draftLengths: [], window: 8, maxAhead: 96, pull: 0 };

/** Every way to get the reference exit's text, fastest first; empty when nobody can speak for that exit. */
export function findPlans(snapshot: PlacementSnapshot, sizes: MessageSizes = MESSAGE_SIZES): readonly Plan[] {
  const allowed = new Set<PlanKind>(snapshot.allowed ?? ALL_KINDS);
  const speaks = (cost: ExitCost): boolean => speaksForReference(cost, snapshot);
  const references = nearestOf(snapshot, 'judge', speaks);
  const lone = [
    ...localPlans(snapshot),
    ...references.flatMap(reference => pullPlans(snapshot, reference, sizes)),
    ...nearestOf(snapshot, 'answer', speaks).flatMap(answerer => handOverPlans(snapshot, answerer, sizes)),
  ];
  const drafted = draftedPlans(snapshot, chainsOf(snapshot, references, allowed), sizes);
  const plans = [...lone, ...drafted].filter(({ kind }) => allowed.has(kind));
  return plans.sort((one, other) => one.expectedMs - other.expectedMs);
}

function speaksForReference(cost: ExitCost, snapshot: PlacementSnapshot): boolean {
  return cost.exit === snapshot.referenceExit && (cost.format === 'fp32' || snapshot.allowNearExact === true);
}

/** The few best by round trip and step, of each tier. */
function nearestOf(
  { others }: PlacementSnapshot,
  duty: RemoteDuty,
  fits: (cost: ExitCost) => boolean,
): readonly ChainJudge[] {
  const able = others.filter(({ duties }) => duties?.includes(duty) ?? true);
  const judges = able.flatMap(node => node.exits.filter(fits).map(cost => ({ node, cost })));
  const rank = ({ node, cost }: ChainJudge): number => node.link.rttMs + 8 * cost.stepMs * loadOf(node);
  const ordered = judges.sort((one, other) => rank(one) - rank(other));
  const taken = new Map<Tier, number>();
  return ordered.filter(({ node }) => {
    const count = (taken.get(node.tier) ?? 0) + 1;
    taken.set(node.tier, count);
    return count <= MAX_JUDGES_A_TIER;
  });
}

function chainsOf(
  snapshot: PlacementSnapshot,
  references: readonly ChainJudge[],
  allowed: ReadonlySet<PlanKind>,
): readonly (readonly ChainJudge[])[] {
  const pairs = allowed.has('two-tiers') ? references.map(reference => [reference]) : [];
  if (!allowed.has('three-tiers')) return pairs;
  const triples = references.flatMap(reference => middlesFor(snapshot, reference).map(middle => [middle, reference]));
  return [...pairs, ...triples];
}

/** Judges between a draft and the reference: no further away than it, and on another node. */
function middlesFor(snapshot: PlacementSnapshot, reference: ChainJudge): readonly ChainJudge[] {
  const shallowest = Math.min(...snapshot.owner.exits.map(({ exit }) => exit));
  const between = nearestOf(snapshot, 'judge', ({ exit }) => exit > shallowest && exit < reference.cost.exit);
  const mostMs = AS_NEAR.ratio * reference.node.link.rttMs + AS_NEAR.ms;
  return between.filter(({ node }) => node.node !== reference.node.node && node.link.rttMs < mostMs);
}

function localPlans(snapshot: PlacementSnapshot): readonly Plan[] {
  const { owner } = snapshot;
  return owner.exits
    .filter(cost => speaksForReference(cost, snapshot))
    .map(cost =>
      lonePlan('local', snapshot, [memberOf('answerer', owner, cost)], size => estimateLocal(owner, cost, size)),
    );
}

function pullPlans(snapshot: PlacementSnapshot, reference: ChainJudge, sizes: MessageSizes): readonly Plan[] {
  const { owner } = snapshot;
  const own = owner.exits[0];
  if (own === undefined) return [];
  const pull = pullAhead(reference);
  const members = [memberOf('drafter', owner, own), memberOf('reference', reference.node, reference.cost)];
  return [{ ...lonePlan('pull', snapshot, members, size => estimatePull(reference, size, { sizes, pull })), pull }];
}

function handOverPlans(snapshot: PlacementSnapshot, answerer: ChainJudge, sizes: MessageSizes): readonly Plan[] {
  const { owner } = snapshot;
  const own = owner.exits[0];
  if (own === undefined) return [];
  const members = [memberOf('drafter', owner, own), memberOf('answerer', answerer.node, answerer.cost)];
  return [lonePlan('hand-over', snapshot, members, size => estimateHandOver(answerer, size, sizes))];
}

function lonePlan(
  kind: PlanKind,
  { promptTokens, answerTokens }: PlacementSnapshot,
  members: readonly PlanMember[],
  estimate: (size: AnswerSize) => LoneEstimate,
): Plan {
  const whole = estimate({ promptTokens, answerTokens });
  const msPerToken = whole.expectedMs / Math.max(1, answerTokens);
  const oneTokenMs = estimate({ promptTokens, answerTokens: 1 }).expectedMs;
  return { ...NO_DRAFTS, kind, label: labelOf(kind, members), members, ...whole, msPerToken, oneTokenMs };
}

interface RatedChain {
  readonly members: readonly PlanMember[];
  readonly estimator: ChainEstimator;
  readonly rated: RatedShape;
}

function draftedPlans(
  snapshot: PlacementSnapshot,
  chains: readonly (readonly ChainJudge[])[],
  sizes: MessageSizes,
): readonly Plan[] {
  const rated = chains.flatMap(judges => ratedChains(snapshot, judges, sizes));
  const bestMs = Math.min(...rated.map(chain => chain.rated.expectedMs));
  return rated.map(one => {
    const isPromising = one.rated.expectedMs <= SEARCH_WITHIN * bestMs;
    return draftedPlan(one, isPromising ? searchShape(one.estimator, one.rated) : one.rated, snapshot);
  });
}

function draftedPlan(
  { members, estimator }: RatedChain,
  { shape, expectedMs }: RatedShape,
  { answerTokens }: PlacementSnapshot,
): Plan {
  const kind = members.length > 2 ? 'three-tiers' : 'two-tiers';
  return {
    ...shape,
    ...{ kind, label: labelOf(kind, members), members, expectedMs },
    msPerToken: expectedMs / Math.max(1, answerTokens),
    oneTokenMs: estimator.oneTokenMs(shape),
    firstTokenMs: estimator.firstTokenMs(shape),
  };
}

/** One chain for each exit that the owner could draft with. */
function ratedChains(
  snapshot: PlacementSnapshot,
  judges: readonly ChainJudge[],
  sizes: MessageSizes,
): readonly RatedChain[] {
  const { owner, answerTokens, promptTokens, acceptance } = snapshot;
  const nearest = judges[0]?.cost.exit ?? 0;
  const drafts = owner.exits.filter(({ exit }) => exit < nearest).slice(0, MAX_DRAFT_EXITS);
  return drafts.map(draft => {
    const estimator = createChainEstimator({ owner, draft, judges, promptTokens, answerTokens, acceptance, sizes });
    const judging = judges.map(({ node, cost }, at) =>
      memberOf(at < judges.length - 1 ? 'judge' : 'reference', node, cost),
    );
    const members = [memberOf('drafter', owner, draft), ...judging];
    return { members, estimator, rated: usualShape(estimator) };
  });
}

function memberOf(role: PlanMember['role'], { node, tier }: PlacementNode, { exit, format }: ExitCost): PlanMember {
  return { role, node, tier, exit, format };
}
