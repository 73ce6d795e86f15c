// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { isName } from '@aiflow/protocol';
import { FLEET_CONFIG, type FleetConfig, type FleetNodeConfig } from '../config/fleet-config.ts';
import type { EmulatedLink, LinkedNode } from '../fleet/emulated-links.ts';
import type { LinkFigures } from './link-profiles.ts';
import type { NodeLink } from './resolve-links.ts';
import type { SimulatedNode, SimulationConfig } from './simulation-config.ts';

/** The fleet that a simulation runs, as `aiflow up` would take it but for its links. Folders are relative to `baseFolder`. */
export function simulatedFleet(
  config: SimulationConfig,
  links: readonly NodeLink[],
  { name, baseFolder }: { readonly name: string; readonly baseFolder: string },
): FleetConfig {
  const folder = isName(config.family) ? config.family : resolve(baseFolder, config.family);
  const { nodes, ...fleet } = FLEET_CONFIG.parse({
    fleet: name,
    nodes: config.nodes.map(node => toNode(node, folder)),
  });
  const linkOf = (node: FleetNodeConfig): FleetNodeConfig & LinkedNode => {
    const figures = links.find(link => link.node === node.name);
    return figures === undefined
      ? node
      : { ...node, link: { delayMs: 0, jitterMs: 0, ...toLink(figures, config.seed) } };
  };
  return { ...fleet, nodes: nodes.map(linkOf) };
}

/** Every node answers, so that each can be asked; who is no device also judges. */
function toNode({ name, tier, site, exits, format, slowdown, threads, watts }: SimulatedNode, folder: string): object {
  const held = exits.map(({ exit, rung }) => (rung === undefined ? exit : { exit, rung }));
  return {
    ...{ name, tier, site },
    model: { folder, exits: held, format, slowdown, threads },
    roles: { answer: {}, ...(tier === 'device' ? {} : { verify: {} }) },
    ...(watts === undefined ? {} : { power: { watts } }),
  };
}

const BITS = 8;

function toLink(figures: LinkFigures, seed: number): EmulatedLink & { delayMs?: number; jitterMs?: number } {
  const { delayMs, jitterMs, upBitsPerSecond, downBitsPerSecond, lossRatio, retransmitMs } = figures;
  const rate = (bits: number | undefined): object => (bits === undefined ? {} : { bytesPerSecond: bits / BITS });
  return {
    seed,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
    ...{ lossRatio, retransmitMs, up: rate(upBitsPerSecond), down: rate(downBitsPerSecond) },
  };
}
