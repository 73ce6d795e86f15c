// SPDX-License-Identifier: Apache-2.0
export type { Answer, AnswerResult, QuestionOptions } from './client/answer.ts';
export { type ConnectOptions, connect } from './client/connect.ts';
export type { Fleet, FleetLink, FleetNode, Traced } from './client/fleet.ts';
export { FLEET_CONFIG, type FleetConfig, type FleetNodeConfig } from './config/fleet-config.ts';
export { NODE_CONFIG, type NodeConfig, type NodeConfigInput } from './config/node-config.ts';
export { type ConfigProblem, parseConfig, readConfig } from './config/parse-config.ts';
export { type RunningNode, type StartNodeOptions, startNode } from './daemon/start-node.ts';
export {
  checkFleet,
  type FleetBehaviour,
  type FleetProcessInfo,
  type RunningFleet,
  type StartFleetOptions,
  startFleet,
} from './fleet/start-fleet.ts';
