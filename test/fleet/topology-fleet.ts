// SPDX-License-Identifier: Apache-2.0
//
// The two ways in which a device may be attached, each as a fleet of real servers and real node processes: a leaf server on
// the device, or none, so that its node dials the edge's. Whatever holds for one holds for the other: tests take both.
import { type LeafTree, type LeafTreeNode, type LeafTreePlan, type LinkEmulator, launchLeafTree } from '@aiflow/lab';
import { connect, type Fleet, type NodeConfigInput } from '@aiflow/node';
import {
  type AiflowProcess,
  createWorkspace,
  startAiflow,
  type Workspace,
} from '../../packages/node/test/aiflow-process.ts';

/** How the device is attached, and how a program on its machine reaches it. */
export interface Topology {
  readonly name: string;
  readonly plan: LeafTreePlan;
  readonly enter: (device: LeafTreeNode, ready: NodeReady) => Promise<Fleet>;
}

const FLEET = 'lab';
const CLOUD = { site: 'cloud', node: 'cloud-1' };
const SITE = { site: 'site-1', edge: 'edge-1' };

/** Both topologies. A program reaches its device over the device's own server, or by its door where it has none. */
export const TOPOLOGIES: readonly Topology[] = [
  {
    name: 'a device with a leaf server of its own',
    plan: { fleet: FLEET, cloud: CLOUD, sites: [{ ...SITE, devices: ['device-1'] }] },
    enter: ({ node, site, programUrl }) => connect({ fleet: FLEET, url: programUrl, name: `client-${node}`, site }),
  },
  {
    name: 'a device without a server',
    plan: { fleet: FLEET, cloud: CLOUD, sites: [{ ...SITE, devices: [], devicesWithoutServer: ['device-1'] }] },
    enter: (_device, { doorSocket }) => connect({ socket: doorSocket }),
  },
];

/** What a node says when it serves. */
export interface NodeReady {
  readonly joined: boolean;
  readonly healthUrl: string;
  readonly doorSocket: string;
}

/** One cloud, one edge, one device, attached as the topology says. */
export interface TopologyFleet extends AsyncDisposable {
  readonly tree: LeafTree;
  /** The device's way to the edge. */
  readonly uplink: LinkEmulator;
  /** Starts a node; resolves when it serves, joined or not. */
  start(node: string): Promise<NodeReady>;
  /** Ends a node in order or, with `SIGKILL`, as a crash does; resolves with its exit status. */
  stop(node: string, signal?: NodeJS.Signals): Promise<number>;
  /** What the node that runs under this name has logged. */
  logOf(node: string): string;
  /** A program on the device's machine. */
  enter(): Promise<Fleet>;
}

const MODELS: Readonly<Record<string, Pick<NodeConfigInput, 'model' | 'roles'>>> = {
  'cloud-1': { model: { folder: 'nano', exits: [11] }, roles: { verify: {} } },
  'edge-1': { model: { folder: 'nano', exits: [1, 5] }, roles: { verify: {}, answer: { exit: 5 } } },
  'device-1': { model: { folder: 'nano', exits: [1] }, roles: { answer: {} } },
};

/** Starts servers and nodes of a topology; resolves when every node has joined. */
export async function startTopology(topology: Topology): Promise<TopologyFleet> {
  const workspace = createWorkspace();
  const tree = await launchLeafTree({}, { plan: topology.plan, links: {}, jetStream: true });
  const running = new Map<string, { readonly child: AiflowProcess; readonly ready: NodeReady }>();
  const start = async (node: string): Promise<NodeReady> => {
    const file = workspace.write(`${node}.yaml`, JSON.stringify(configOf(tree.node(node))));
    const child = startAiflow(['node', '--config', file], environmentOf(workspace));
    const ready = JSON.parse(await child.line(line => line.includes('"node-ready"'))) as NodeReady;
    running.set(node, { child, ready });
    return ready;
  };
  await Promise.all(['cloud-1', 'edge-1', 'device-1'].map(start));
  return {
    tree,
    uplink: tree.node('device-1').link!,
    start,
    stop: async (node, signal = 'SIGTERM') => {
      const { child } = running.get(node)!;
      child.child.kill(signal);
      return child.status;
    },
    logOf: node => running.get(node)?.child.stderr() ?? '',
    enter: () => topology.enter(tree.node('device-1'), running.get('device-1')!.ready),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running.values()].map(({ child }) => child[Symbol.asyncDispose]()));
      await tree.stop();
      workspace[Symbol.dispose]();
    },
  };
}

/** Graphs are kept between runs, as everywhere. */
function environmentOf({ env }: Workspace): Record<string, string> {
  const { TMPDIR: _, ...rest } = env;
  return rest;
}

function configOf({ node, site, tier, urls }: LeafTreeNode): NodeConfigInput {
  const control = new URL(urls.control);
  const bulk = new URL(urls.bulk);
  const login = ({ username, password }: URL): { user: string; password: string } => ({ user: username, password });
  return {
    fleet: FLEET,
    node: { name: node, tier, site },
    mesh: {
      url: `nats://${control.host}`,
      bulkUrl: `nats://${bulk.host}`,
      credentials: login(control),
      bulkCredentials: login(bulk),
      trust: { policy: 'first-use' },
    },
    state: { folder: `./state-${node}` },
    drainTimeoutMs: 2000,
    ...MODELS[node],
  };
}
