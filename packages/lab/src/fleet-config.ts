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

/** The plan behind deploy/nats/edge-with-clients.conf: the same fleet, its devices without servers of their own. */
export const EXAMPLE_FLEET_OF_CLIENTS: LeafTreePlan = {
  fleet: 'fleet-1',
  cloud: { site: 'cloud', node: 'cloud-1' },
  sites: [{ site: 'site-1', edge: 'edge-1', devices: [], devicesWithoutServer: ['device-1', 'device-2'] }],
};

/** The variable that holds the password with which a node's daemon connects to the broker on its own machine. */
export const NODE_PASSWORD_VARIABLE = 'AIFLOW_NODE_PASSWORD';

/** Where servers are and where their certificates lie. */
export interface FleetConfigOptions {
  /** Holds `ca.pem`, and `<name>.pem` with `<name>.key`; default `/etc/aiflow/tls`. */
  readonly tlsFolder?: string;
  /** Where JetStream keeps its streams; default `/var/lib/nats`. */
  readonly streamFolder?: string;
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
    ...renderListen(server, options),
    '# A silent link is noticed after about 14 s.',
    'ping_interval: "5s"',
    'ping_max: 2',
    ...renderStreams(server, options),
    '',
  ];
  return `${lines.join('\n')}\n${renderLeafServer(describeTlsServer(plan, server, options))}`;
}

/** Devices without a server of their own come in from outside, and nothing but TLS may then be spoken here. */
function renderListen({ node, remoteClients }: PlannedServer, options: FleetConfigOptions): readonly string[] {
  if (remoteClients.length === 0) return ['# For the daemon on this machine alone.', 'listen: "127.0.0.1:4222"'];
  const { certificate, key } = tlsFilesOf(node, options);
  return [
    '# For the devices and for the daemon on this machine, which dials tls:// as they do.',
    'listen: "0.0.0.0:4222"',
    'tls {',
    `  cert_file: ${quote(certificate)}`,
    `  key_file: ${quote(key)}`,
    '  timeout: 3',
    '}',
  ];
}

/** Sizes are a device's; a server with more room is given more by hand. */
function renderStreams(
  { node }: PlannedServer,
  { streamFolder = '/var/lib/nats' }: FleetConfigOptions,
): readonly string[] {
  return [
    '# For streams of your own, in the account BULK and the domain of this server. No promise of aiflow rests on them.',
    `jetstream { store_dir: ${quote(streamFolder)}, domain: ${quote(node)}, max_mem: 16M, max_file: 256M }`,
  ];
}

/** The variable that holds the password of a device which dials another machine's server: `AIFLOW_PASSWORD_DEVICE_1`. */
export function passwordVariableOf(node: string): string {
  return `AIFLOW_PASSWORD_${node.toUpperCase().replaceAll('-', '_')}`;
}

function tlsFilesOf(name: string, { tlsFolder = '/etc/aiflow/tls' }: FleetConfigOptions): TlsFiles {
  return {
    certificate: `${tlsFolder}/${name}.pem`,
    key: `${tlsFolder}/${name}.key`,
    authority: `${tlsFolder}/ca.pem`,
  };
}

/** Who may connect to a server of the plan and where it dials, with certificates. */
export function describeTlsServer(
  plan: LeafTreePlan,
  server: PlannedServer,
  options: FleetConfigOptions = {},
): LeafServerSpec {
  const { leafListenOf = () => '0.0.0.0:7422' } = options;
  const { leafAddressOf = (node: string) => `${node}.example.net:7422` } = options;
  const leafs = planServers(plan).flatMap(({ node, parent, linkGrants }) =>
    parent === server.node && linkGrants !== undefined ? [{ node, grants: linkGrants }] : [],
  );
  const listen = {
    address: leafListenOf(server.node),
    advertise: leafAddressOf(server.node),
    tls: tlsFilesOf(server.node, options),
  };
  const remoteTo = (parent: string, lane: Lane): LeafRemote => ({
    url: `tls://${leafAddressOf(parent)}`,
    tls: tlsFilesOf(userOf(server.node, lane), options),
  });
  const { parent } = server;
  return {
    clients: [
      { node: server.node, grants: server.clientGrants, password: `$${NODE_PASSWORD_VARIABLE}` },
      ...server.remoteClients.map(client => ({ ...client, password: `$${passwordVariableOf(client.node)}` })),
    ],
    leafs,
    streams: true,
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
  const isDialled = ({ node, remoteClients }: PlannedServer): boolean =>
    remoteClients.length > 0 || servers.some(({ parent }) => parent === node);
  const parents = servers.filter(isDialled);
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

const CLIENT_PASSWORDS: readonly string[] = [
  'Devices have no server of their own: they dial this one over TLS with a password each, $AIFLOW_PASSWORD_<DEVICE>, which',
  "the server's environment must hold.",
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
    ...(server.remoteClients.length === 0 ? [] : CLIENT_PASSWORDS),
    ...COMMON,
  ],
  device: (plan, server) => [
    `Broker on ${server.node}, a device of ${server.site} in fleet ${plan.fleet}: serves the daemon on the same machine.`,
    'It accepts no links; it dials the edge.',
    ...COMMON,
  ],
};
