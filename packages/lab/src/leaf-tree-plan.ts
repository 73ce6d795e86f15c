// SPDX-License-Identifier: Apache-2.0
import { AiflowError, parseName, type Tier } from '@aiflow/protocol';
import { deviceGrants, type SubjectGrants, siteGrants, stationGrants } from './subject-grants.ts';

/** A fleet's servers by name. Every server has one node of the same name beside it; a device may do without a server. */
export interface LeafTreePlan {
  readonly fleet: string;
  readonly cloud: { readonly site: string; readonly node: string };
  readonly sites: readonly LeafTreeSite[];
}

/** A site: an edge node and the devices below it. */
export interface LeafTreeSite {
  readonly site: string;
  readonly edge: string;
  /** Devices with a server of their own, a leaf of the edge's. */
  readonly devices: readonly string[];
  /** Devices without one: their nodes dial the edge's server. Default none. */
  readonly devicesWithoutServer?: readonly string[];
}

/** The tree that tests and demos use when they name none. */
export const LAB_TREE: LeafTreePlan = {
  fleet: 'lab',
  cloud: { site: 'cloud', node: 'cloud-1' },
  sites: [
    { site: 'site-1', edge: 'edge-1', devices: ['device-1', 'device-2'] },
    { site: 'site-2', edge: 'edge-2', devices: ['device-3'] },
  ],
};

/** One server of a plan. */
export interface PlannedServer {
  readonly node: string;
  readonly site: string;
  readonly tier: Tier;
  /** The server above; undefined for the hub. */
  readonly parent: string | undefined;
  /** What the node may do as a client of this server. */
  readonly clientGrants: SubjectGrants;
  /** What this server's links to the parent may carry; undefined for the hub. */
  readonly linkGrants: SubjectGrants | undefined;
  /** Devices that dial this server, as they have none of their own. */
  readonly remoteClients: readonly RemoteClient[];
}

/** A node that dials a server on another machine. */
export interface RemoteClient {
  readonly node: string;
  readonly grants: SubjectGrants;
}

/**
 * The servers of a plan from the hub outwards. Fails with `invalid-argument` for a name that is not allowed, one that is
 * used twice, a site named `all` (the destination of events) or a fleet named `hello` (the prefix of first contact).
 */
export function planServers(plan: LeafTreePlan): readonly PlannedServer[] {
  checkNames(plan);
  const { fleet, cloud } = plan;
  const edges = plan.sites.map(({ site, edge, devicesWithoutServer = [] }): PlannedServer => {
    const clientGrants = stationGrants({ fleet, site, node: edge });
    const grantsOf = (node: string): SubjectGrants => deviceGrants({ fleet, site, node, cloudSite: cloud.site });
    return {
      node: edge,
      site,
      tier: 'edge',
      parent: cloud.node,
      clientGrants,
      linkGrants: siteGrants({ fleet, site }),
      remoteClients: devicesWithoutServer.map(node => ({ node, grants: grantsOf(node) })),
    };
  });
  const devices = plan.sites.flatMap(({ site, edge, devices }) =>
    devices.map((node): PlannedServer => {
      const grants = deviceGrants({ fleet, site, node, cloudSite: cloud.site });
      const both = { clientGrants: grants, linkGrants: grants };
      return { node, site, tier: 'device', parent: edge, ...both, remoteClients: [] };
    }),
  );
  const hub: PlannedServer = {
    ...{ ...cloud, tier: 'cloud', parent: undefined, linkGrants: undefined, remoteClients: [] },
    clientGrants: stationGrants({ fleet, ...cloud }),
  };
  return [hub, ...edges, ...devices];
}

function checkNames(plan: LeafTreePlan): void {
  parseName('fleet', plan.fleet);
  if (plan.fleet === 'hello') throw reserved('fleet', 'hello');
  const sites = [plan.cloud.site, ...plan.sites.map(({ site }) => site)];
  const nodes = [plan.cloud.node, ...plan.sites.flatMap(nodesOf)];
  for (const site of sites) {
    parseName('site', site);
    if (site === 'all') throw reserved('site', 'all');
  }
  for (const node of nodes) parseName('node', node);
  for (const [what, names] of [
    ['site', sites],
    ['node', nodes],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new AiflowError('invalid-argument', `${what} '${twice}' stands twice in the plan`);
  }
}

function nodesOf({ edge, devices, devicesWithoutServer = [] }: LeafTreeSite): readonly string[] {
  return [edge, ...devices, ...devicesWithoutServer];
}

function reserved(what: string, name: string): AiflowError {
  return new AiflowError(
    'invalid-argument',
    `a ${what} can't be named '${name}': subjects use that word for themselves`,
  );
}
