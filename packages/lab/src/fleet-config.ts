// SPDX-License-Identifier: Apache-2.0
//
// The configuration files of a fleet's brokers with mutual TLS between them: what deploy/nats holds for an example plan, and
// what `renderFleetConfigs` makes for another. Accounts, permissions and links come from the same functions as the lab's.
import { quote } from './broker-config.ts';
import {
  LANES,
  type Lane,
  type LeafRemote,
  type LeafServerSpec,
  renderLeafServer,
  type TlsFiles,
  userOf,
} from './leaf-server-config.ts';
import { type LeafTreePlan, type PlannedServer, planServers } from './leaf-tree-plan.ts';

/** The plan behind the files in deploy/nats. */
export const EXAMPLE_FLEET: LeafTreePlan = {
  fleet: 'fleet-1',
  cloud: { site: 'cloud', node: 'cloud-1' },
  sites: [{ site: 'site-1', edge: 'edge-1', devices: ['device-1', 'device-2'] }],
};

/** The variable that holds the password with which a node's daemon connects to the broker on its own machine. */
export const NODE_PASSWORD_VARIABLE = 'AIFLOW_NODE_PASSWORD';

/** Where servers are and where their certificates lie. */
export interface FleetConfigOptions {
  /** Holds `ca.pem`, and `<name>.pem` with `<name>.key`; default `/etc/aiflow/tls`. */
  readonly tlsFolder?: string;
  /** `host:port` at which a server accepts leafs; default `<node>.example.net:7422`. */
  readonly leafAddressOf?: (node: string) => string;
  /** `address:port` on which it listens for leafs; default `0.0.0.0:7422`. */
  readonly leafListenOf?: (node: string) => string;
}

/** The configuration files of a plan, by node. Each is complete: `nats-server -c <file>`. */
export function renderFleetConfigs(plan: LeafTreePlan, options: FleetConfigOptions = {}): ReadonlyMap<string, string> {
  return new Map(planServers(plan).map(server => [server.node, renderFleetConfig(plan, server, options)]));
}

function renderFleetConfig(plan: LeafTreePlan, server: PlannedServer, options: FleetConfigOptions): string {
  const lines = [
    ...HEADINGS[server.tier](plan, server).map(line => `# ${line}`.trimEnd()),
    '',
    `server_name: ${quote(server.node)}`,
    '# For the daemon on this machine alone.',
    'listen: "127.0.0.1:4222"',
    '# A silent link is noticed after about 14 s.',
    'ping_interval: "5s"',
    'ping_max: 2',
    '',
  ];
  return `${lines.join('\n')}\n${renderLeafServer(describeTlsServer(plan, server, options))}`;
}

/** Who may connect to a server of the plan and where it dials, with certificates. */
export function describeTlsServer(
  plan: LeafTreePlan,
  server: PlannedServer,
  options: FleetConfigOptions = {},
): LeafServerSpec {
  const { tlsFolder = '/etc/aiflow/tls', leafListenOf = () => '0.0.0.0:7422' } = options;
  const { leafAddressOf = (node: string) => `${node}.example.net:7422` } = options;
  const filesOf = (name: string): TlsFiles => ({
    certificate: `${tlsFolder}/${name}.pem`,
    key: `${tlsFolder}/${name}.key`,
    authority: `${tlsFolder}/ca.pem`,
  });
  const leafs = planServers(plan).flatMap(({ node, parent, linkGrants }) =>
    parent === server.node && linkGrants !== undefined ? [{ node, grants: linkGrants }] : [],
  );
  const listen = {
    address: leafListenOf(server.node),
    advertise: leafAddressOf(server.node),
    tls: filesOf(server.node),
  };
  const remoteTo = (parent: string, lane: Lane): LeafRemote => ({
    url: `tls://${leafAddressOf(parent)}`,
    tls: filesOf(userOf(server.node, lane)),
  });
  const { parent } = server;
  return {
    clients: [{ node: server.node, grants: server.clientGrants, password: `$${NODE_PASSWORD_VARIABLE}` }],
    leafs,
    ...(leafs.length === 0 ? {} : { listen }),
    ...(parent === undefined
      ? {}
      : { uplink: { control: remoteTo(parent, 'control'), bulk: remoteTo(parent, 'bulk') } }),
  };
}

/** The certificates that a plan needs: listeners by host name, links by user. See deploy/nats/make-certificates.sh. */
export function listCertificates(
  plan: LeafTreePlan,
  options: FleetConfigOptions = {},
): {
  readonly listeners: readonly { readonly name: string; readonly host: string }[];
  readonly links: readonly string[];
} {
  const { leafAddressOf = (node: string) => `${node}.example.net:7422` } = options;
  const servers = planServers(plan);
  const parents = servers.filter(({ node }) => servers.some(({ parent }) => parent === node));
  return {
    listeners: parents.map(({ node }) => ({ name: node, host: leafAddressOf(node).replace(/:\d+$/, '') })),
    links: servers.flatMap(({ node, parent }) => (parent === undefined ? [] : LANES.map(lane => userOf(node, lane)))),
  };
}

type Heading = (plan: LeafTreePlan, server: PlannedServer) => readonly string[];

const COMMON: readonly string[] = [
  '',
  'Two accounts that share no connection: CONTROL for small messages that must not wait, BULK for everything large.',
  `The daemon connects as <node>.control and <node>.bulk with the password in $${NODE_PASSWORD_VARIABLE}, which the`,
  "server's environment must hold. Links are users by certificate: verify_and_map takes the DNS name in it.",
  'Check with: nats-server -t -c <file>. Made for nats-server 2.9 or newer.',
];

const HEADINGS: Readonly<Record<PlannedServer['tier'], Heading>> = {
  cloud: plan => [
    `Hub of fleet ${plan.fleet}: the broker beside the cloud nodes, to which the sites dial.`,
    "A new site: copy an edge's user in both accounts and change its name and the site in its subjects.",
    ...COMMON,
  ],
  edge: (plan, server) => [
    `Edge broker of ${server.site} in fleet ${plan.fleet}: serves its devices, also while the hub can't be reached.`,
    "A new device: copy a device's user in both accounts and change its name, also in its subjects.",
    ...COMMON,
  ],
  device: (plan, server) => [
    `Broker on ${server.node}, a device of ${server.site} in fleet ${plan.fleet}: serves the daemon on the same machine.`,
    'It accepts no links; it dials the edge.',
    ...COMMON,
  ],
};
