// SPDX-License-Identifier: Apache-2.0
export { byPosition, POSITION_GROUPS, positionGroup } from './acceptance.ts';
export { type CostPoint, costCurve } from './cost-curve.ts';
export {
  createPlacement,
  type Placement,
  type PlacementDecision,
  type PlacementOptions,
  type PlacementOutcome,
} from './create-placement.ts';
export { estimateShape } from './estimate-shape.ts';
export type { RatedPlan } from './explain.ts';
export { findPlans } from './find-plans.ts';
export type { AcceptanceCounts } from './learned-acceptance.ts';
export type { NodeObservation } from './learned-pace.ts';
export { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
export type { DraftingShape, Plan, PlanMember } from './plan.ts';
export { breakEvenRate, compareRelayWays, type RelayCosts, type RelayEstimate, type RelayWay } from './relay-cost.ts';
export type {
  AcceptanceFacts,
  ExitCost,
  LinkFacts,
  PlacementNode,
  PlacementSnapshot,
  PlanKind,
  RemoteDuty,
  RemoteNode,
} from './snapshot.ts';
