// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Tier } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { BrokerBinary } from './broker-binary.ts';
import { type BrokerPorts, quote } from './broker-config.ts';
import { launchBroker } from './launch-broker.ts';
import type { LaunchedBroker } from './launched-broker.ts';
import { type Lane, type LeafRemote, type LeafServerSpec, renderLeafServer, userOf } from './leaf-server-config.ts';
import type { PlannedServer } from './leaf-tree-plan.ts';
import { createLinkEmulator, type LinkEmulator } from './link-emulator.ts';
import type { LinkSettings } from './link-settings.ts';
import { deviceGrants, type SubjectGrants, stationGrants } from './subject-grants.ts';

/** One node of the tree and the server that it uses. */
export interface LeafTreeNode {
  readonly node: string;
  readonly site: string;
  readonly tier: Tier;
  /** The server on its machine; of a device without one, the edge's. */
  readonly broker: LaunchedBroker;
  /** What the node connects to, with its user and password: one URL a lane. */
  readonly urls: Readonly<Record<Lane, string>>;
  /** The same for a program of one connection on the node's machine, which calls itself `client-<node>`. */
  readonly programUrl: string;
  /** The server above and the port at which this one dials it; undefined at the hub and for a device without a server. */
  readonly uplink: { readonly node: string; readonly port: number } | undefined;
  /** The emulated link to the server above, or of a device without one to the edge's; undefined where links are direct. */
  readonly link: LinkEmulator | undefined;
}

/** What the servers of one tree share while it is built. */
export interface TreeSite {
  readonly clock: Clock;
  readonly random: Random;
  readonly binaryOf: (server: PlannedServer) => BrokerBinary;
  readonly fleet: string;
  /** One password for the whole tree: it is gone when the tree is. */
  readonly password: string;
  readonly servers: readonly PlannedServer[];
  readonly links: LinkSettings | undefined;
  readonly jetStream: boolean;
  readonly signal: AbortSignal | undefined;
  /** Launched so far, parents first. */
  readonly nodes: readonly LeafTreeNode[];
}

/**
 * What a server behind emulated links tells its leafs to redial: one address for all of them, so it can't be a link of
 * theirs, and the true one would lead past the links (L3). Nothing listens here; the next try takes the link again.
 */
const NOWHERE = '127.0.0.1:9';

/** Launches one server and, where links are emulated, the link to its parent, which must run already. */
export async function launchTreeServer(tree: TreeSite, server: PlannedServer): Promise<LeafTreeNode> {
  const link = await launchLink(tree, server);
  const uplink =
    server.parent === undefined
      ? undefined
      : { node: server.parent, port: link?.port ?? leafPortOf(tree, server.parent) };
  try {
    const broker = await launchBroker(
      { clock: tree.clock, binary: tree.binaryOf(server) },
      {
        ...{ serverName: server.node, monitor: true },
        jetStream: tree.jetStream ? { domain: server.node } : false,
        ...(tree.signal === undefined ? {} : { signal: tree.signal }),
        config: ports => renderLeafServer(specOf(tree, server, { ports, uplink })),
      },
    );
    const { node, site, tier } = server;
    return { node, site, tier, broker, uplink, link, ...loginsAt(tree, node, broker.port) };
  } catch (error) {
    await link?.close();
    throw error;
  }
}

/** The devices that dial a server which runs, each over an emulated link of its own where links are emulated. */
export async function attachRemoteClients(tree: TreeSite, server: PlannedServer): Promise<readonly LeafTreeNode[]> {
  const { broker } = findNode(tree, server.node);
  const attached: LeafTreeNode[] = [];
  for (const { node } of server.remoteClients) {
    const link = tree.links === undefined ? undefined : await openLink(tree, node, broker.port);
    const logins = loginsAt(tree, node, link?.port ?? broker.port);
    attached.push({ node, site: server.site, tier: 'device', broker, uplink: undefined, link, ...logins });
  }
  return attached;
}

async function launchLink(tree: TreeSite, server: PlannedServer): Promise<LinkEmulator | undefined> {
  if (tree.links === undefined || server.parent === undefined) return undefined;
  return openLink(tree, server.node, leafPortOf(tree, server.parent));
}

function openLink(tree: TreeSite, node: string, port: number): Promise<LinkEmulator> {
  const target = { host: '127.0.0.1', port };
  return createLinkEmulator({ clock: tree.clock, random: tree.random.fork(node) }, { target, ...tree.links });
}

function loginsAt(tree: TreeSite, node: string, port: number): Pick<LeafTreeNode, 'urls' | 'programUrl'> {
  const urlOf = (name: string, lane: Lane): string => urlFor(tree, { scheme: 'nats', node: name, lane, port });
  return {
    urls: { control: urlOf(node, 'control'), bulk: urlOf(node, 'bulk') },
    programUrl: urlOf(programOf(node), 'control'),
  };
}

/** What a program on the node's machine is called. */
function programOf(node: string): string {
  return `client-${node}`;
}

function specOf(
  tree: TreeSite,
  server: PlannedServer,
  at: { readonly ports: BrokerPorts; readonly uplink: LeafTreeNode['uplink'] },
): LeafServerSpec {
  const password = quote(tree.password);
  const leafs = tree.servers.flatMap(({ node, parent, linkGrants }) =>
    parent === server.node && linkGrants !== undefined ? [{ node, grants: linkGrants, password }] : [],
  );
  const address = `127.0.0.1:${at.ports.leaf}`;
  const advertise = tree.links === undefined ? address : NOWHERE;
  return {
    clients: [
      { node: server.node, grants: server.clientGrants, password },
      { node: programOf(server.node), grants: programGrants(tree, server), password },
      ...server.remoteClients.map(client => ({ ...client, password })),
    ],
    leafs,
    streams: tree.jetStream,
    ...(leafs.length === 0 ? {} : { listen: { address, advertise } }),
    ...(at.uplink === undefined ? {} : { uplink: remotesOf(tree, server.node, at.uplink.port) }),
  };
}

function remotesOf(tree: TreeSite, node: string, port: number): Readonly<Record<Lane, LeafRemote>> {
  const remote = (lane: Lane): LeafRemote => ({ url: urlFor(tree, { scheme: 'nats-leaf', node, lane, port }) });
  return { control: remote('control'), bulk: remote('bulk') };
}

function urlFor(
  tree: TreeSite,
  at: { readonly scheme: string; readonly node: string; readonly lane: Lane; readonly port: number },
): string {
  return `${at.scheme}://${userOf(at.node, at.lane)}:${tree.password}@127.0.0.1:${at.port}`;
}

/** A program on a device speaks to that device alone: the link above carries no other name. */
function programGrants({ fleet, servers }: TreeSite, { node, site, tier }: PlannedServer): SubjectGrants {
  const place = { fleet, site, node: programOf(node) };
  const cloudSite = servers.find(server => server.tier === 'cloud')?.site ?? 'cloud';
  return tier === 'device' ? deviceGrants({ ...place, cloudSite }) : stationGrants(place);
}

function leafPortOf(tree: TreeSite, name: string): number {
  return findNode(tree, name).broker.ports.leaf;
}

function findNode(tree: TreeSite, name: string): LeafTreeNode {
  const found = tree.nodes.find(({ node }) => node === name);
  if (found === undefined) throw new AiflowError('internal', `L1: ${name} must run before what hangs below it`);
  return found;
}
