// SPDX-License-Identifier: Apache-2.0
//
// A fleet's brokers as they stand in the field: a hub, one edge server a site below it, one server a device below that,
// each with permissions that let a node speak only as itself. LEAF-TREE.md tells what clients must subscribe to.
//
// L1  Servers start from the hub outwards and stop from the devices inwards, so that a leaf finds its parent.
// L2  The tree is ready when every link of every lane is up: seen at the server that dials.
// L3  Links are the only way between servers, so a cut link cuts all that passes there.
import { randomBytes } from 'node:crypto';
import { AiflowError } from '@aiflow/protocol';
import { type Clock, createSeededRandom, createSystemClock, type Random, sleep } from '@aiflow/time';
import type { BrokerBinary } from './broker-binary.ts';
import { findBrokerBinary } from './find-broker.ts';
import { readLeafConnections } from './leaf-links.ts';
import { accountOf, LANES } from './leaf-server-config.ts';
import { LAB_TREE, type LeafTreePlan, type PlannedServer, planServers } from './leaf-tree-plan.ts';
import { attachRemoteClients, type LeafTreeNode, launchTreeServer, type TreeSite } from './leaf-tree-server.ts';
import type { LinkSettings } from './link-settings.ts';

/** What {@link launchLeafTree} works with. */
export interface LeafTreeCollaborators {
  /** Default the machine's own time. */
  readonly clock?: Clock;
  /** For the links' jitter; default seeded with 1. */
  readonly random?: Random;
  /** The server to run everywhere; default what `findBrokerBinary()` finds. A function mixes versions. */
  readonly binary?: BrokerBinary | ((server: PlannedServer) => BrokerBinary);
}

/** How a tree is launched. */
export interface LeafTreeOptions {
  /** Default {@link LAB_TREE}: two sites, two devices in the first and one in the second. */
  readonly plan?: LeafTreePlan;
  /** Puts an emulated link between each server and the one above, with these settings. Default: direct links. */
  readonly links?: LinkSettings;
  /** A JetStream domain a server, named as its node, for the account BULK. Default false. */
  readonly jetStream?: boolean;
  /** How long the links may take to come up. Default 10 s. */
  readonly startLimitMs?: number;
  readonly signal?: AbortSignal;
}

/** A running tree. */
export interface LeafTree extends AsyncDisposable {
  readonly plan: LeafTreePlan;
  /** From the hub outwards, devices without a server of their own last. */
  readonly nodes: readonly LeafTreeNode[];
  /** Fails with `not-found` for a name that is not in the plan. */
  node(name: string): LeafTreeNode;
  /** Resolves when every link is up; fails with `deadline-exceeded` naming those that are not. Default limit 10 s. */
  awaitLinks(options?: { readonly limitMs?: number; readonly signal?: AbortSignal }): Promise<void>;
  /** Stops every server and link; removes every file. Calling it again does nothing. */
  stop(): Promise<void>;
}

/** Launches the brokers of a fleet with their permissions and resolves when all leaf links are up. */
export async function launchLeafTree(
  collaborators: LeafTreeCollaborators = {},
  options: LeafTreeOptions = {},
): Promise<LeafTree> {
  const plan = options.plan ?? LAB_TREE;
  const servers = planServers(plan);
  const site = await createTreeSite(collaborators, options, { fleet: plan.fleet, servers });
  const tree = createHandle(site, plan);
  try {
    for (const server of servers) site.nodes.push(await launchTreeServer(site, server)); // L1
    for (const server of servers) site.nodes.push(...(await attachRemoteClients(site, server)));
    await tree.awaitLinks({ limitMs: options.startLimitMs ?? 10_000, ...pickSignal(options.signal) });
    return tree;
  } catch (error) {
    await tree.stop();
    throw error;
  }
}

async function createTreeSite(
  collaborators: LeafTreeCollaborators,
  options: LeafTreeOptions,
  planned: Pick<TreeSite, 'fleet' | 'servers'>,
): Promise<TreeSite & { readonly nodes: LeafTreeNode[] }> {
  const binary = collaborators.binary ?? (await findBrokerBinary({}, options.signal));
  return {
    clock: collaborators.clock ?? createSystemClock(),
    random: collaborators.random ?? createSeededRandom(1),
    binaryOf: typeof binary === 'function' ? binary : () => binary,
    password: randomBytes(12).toString('hex'),
    ...{ ...planned, links: options.links, jetStream: options.jetStream === true, nodes: [], signal: options.signal },
  };
}

function createHandle(site: TreeSite, plan: LeafTreePlan): LeafTree {
  const { clock, nodes } = site;
  const stop = async (): Promise<void> => {
    for (const { broker } of nodes.toReversed()) await broker.stop();
    for (const { link } of nodes) await link?.close();
  };
  return {
    plan,
    nodes,
    node: name => {
      const found = nodes.find(({ node }) => node === name);
      if (found !== undefined) return found;
      const known = nodes.map(({ node }) => node).join(', ');
      throw new AiflowError('not-found', `no node '${name}' in this tree: it has ${known}`);
    },
    awaitLinks: async ({ limitMs = 10_000, signal } = {}) => {
      const untilMs = clock.nowMs() + limitMs;
      for (;;) {
        const missing = await findMissingLinks(site);
        if (missing.length === 0) return;
        if (clock.nowMs() >= untilMs)
          throw new AiflowError('deadline-exceeded', `leaf links not up after ${limitMs} ms: ${missing.join(', ')}`);
        await sleep(clock, 25, signal);
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** L2: `device-1 -> edge-1 (CONTROL)` for each link that the server below does not hold. */
async function findMissingLinks({ nodes }: TreeSite): Promise<readonly string[]> {
  const missing = await Promise.all(
    nodes.map(async ({ node, broker, uplink }) => {
      if (uplink === undefined) return [];
      const held = (await readLeafConnections(broker.monitorUrl ?? '')) ?? [];
      const isUp = (account: string): boolean =>
        held.some(leaf => leaf.account === account && leaf.port === uplink.port);
      return LANES.map(accountOf)
        .filter(account => !isUp(account))
        .map(account => `${node} -> ${uplink.node} (${account})`);
    }),
  );
  return missing.flat();
}

function pickSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
