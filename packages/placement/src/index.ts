// SPDX-License-Identifier: Apache-2.0
export { byPosition, POSITION_GROUPS, positionGroup } from './acceptance.ts';
export { type CostPoint, costCurve } from './cost-curve.ts';
export { estimateShape } from './estimate-shape.ts';
export { findPlans } from './find-plans.ts';
export { MESSAGE_SIZES, type MessageSizes } from './message-sizes.ts';
export type { DraftingShape, Plan, PlanMember } from './plan.ts';
export type {
  AcceptanceFacts,
  ExitCost,
  LinkFacts,
  PlacementNode,
  PlacementSnapshot,
  PlanKind,
  RemoteNode,
} from './snapshot.ts';
