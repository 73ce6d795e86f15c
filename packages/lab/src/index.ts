// SPDX-License-Identifier: Apache-2.0
export { type BrokerBinary, type BrokerOrigin, compareVersions, OLDEST_BROKER_VERSION } from './broker-binary.ts';
export type { BrokerPorts } from './broker-config.ts';
export {
  FETCHED_SUITES,
  type FetchBrokerVersionsOptions,
  type FetchedBroker,
  fetchBrokerVersions,
  listBrokers,
} from './fetch-broker-versions.ts';
export { type FindBrokerOptions, type FoundBroker, findBroker, findBrokerBinary } from './find-broker.ts';
export {
  type LaunchBrokerCollaborators,
  type LaunchBrokerOptions,
  type LaunchedBroker,
  launchBroker,
} from './launch-broker.ts';
