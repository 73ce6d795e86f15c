// SPDX-License-Identifier: Apache-2.0
export { type BrokerBinary, type BrokerOrigin, compareVersions, OLDEST_BROKER_VERSION } from './broker-binary.ts';
export type { BrokerPorts } from './broker-config.ts';
export type { ChildLine } from './child-lines.ts';
export { createProcessGroup } from './create-process-group.ts';
export {
  FETCHED_SUITES,
  type FetchBrokerVersionsOptions,
  type FetchedBroker,
  fetchBrokerVersions,
  listBrokers,
} from './fetch-broker-versions.ts';
export { type FindBrokerOptions, type FoundBroker, findBroker, findBrokerBinary } from './find-broker.ts';
export {
  describeTlsServer,
  EXAMPLE_FLEET,
  EXAMPLE_FLEET_OF_CLIENTS,
  type FleetConfigOptions,
  listCertificates,
  NODE_PASSWORD_VARIABLE,
  passwordVariableOf,
  renderFleetConfigs,
} from './fleet-config.ts';
export type { ProcessExit } from './guardian.ts';
export { launchBroker } from './launch-broker.ts';
export { type LeafTree, type LeafTreeCollaborators, type LeafTreeOptions, launchLeafTree } from './launch-leaf-tree.ts';
export type { LaunchBrokerCollaborators, LaunchBrokerOptions, LaunchedBroker } from './launched-broker.ts';
export {
  LANES,
  type Lane,
  type LeafRemote,
  type LeafServerSpec,
  type LeafServerUser,
  renderLeafServer,
  type TlsFiles,
} from './leaf-server-config.ts';
export { LAB_TREE, type LeafTreePlan, type LeafTreeSite, type PlannedServer, planServers } from './leaf-tree-plan.ts';
export type { LeafTreeNode } from './leaf-tree-server.ts';
export type { LinkCut } from './link-cut.ts';
export {
  createLinkEmulator,
  type LinkCounters,
  type LinkEmulator,
  type LinkEmulatorOptions,
} from './link-emulator.ts';
export type { LinkSettings, TwoWayLinkSettings } from './link-settings.ts';
export { createOutageScript, type LinkOutage, type OutageScript } from './outage-script.ts';
export { type PlayedOutages, playOutages } from './play-outages.ts';
export type {
  FleetProcess,
  FleetProcessOptions,
  GroupEnd,
  ProcessGroup,
  ProcessGroupCollaborators,
  ProcessGroupOptions,
} from './process-group.ts';
export { deviceGrants, type NodePlace, type SubjectGrants, siteGrants, stationGrants } from './subject-grants.ts';
