// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { isName } from '@aiflow/protocol';
import { stringify } from 'yaml';
import type { FleetNodeConfig } from '../config/fleet-config.ts';
import type { NodeConfigInput } from '../config/node-config.ts';

/** Where the nodes of a spawned fleet meet. */
export interface FleetBroker {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** What a node's file is made of besides the node itself. */
export interface NodeFilePlace {
  readonly fleet: string;
  readonly broker: FleetBroker;
  /** A folder of this node's own. */
  readonly stateFolder: string;
  /** Where built graphs are kept between runs. */
  readonly cacheFolder: string;
}

/** The node with its paths made absolute, which a fleet's file has relative to `baseFolder`; a family's plain name stays. */
export function resolvePaths(node: FleetNodeConfig, baseFolder: string): FleetNodeConfig {
  const { actors, model } = node;
  const absolute = { ...node, actors: actors.map(actor => ({ ...actor, module: resolve(baseFolder, actor.module) })) };
  if (model === undefined) return absolute;
  const folder = isName(model.folder) ? model.folder : resolve(baseFolder, model.folder);
  const { cacheFolder } = model;
  const cache = cacheFolder === undefined ? {} : { cacheFolder: resolve(baseFolder, cacheFolder) };
  return { ...absolute, model: { ...model, folder, ...cache } };
}

/**
 * The configuration of one node of a fleet on this machine, as YAML. The broker is on loopback and the keys are made at
 * first start, so the first key that claims a name is trusted.
 */
export function renderNodeFile(node: FleetNodeConfig, place: NodeFilePlace): string {
  const { user, password } = place.broker;
  const config: NodeConfigInput = {
    fleet: place.fleet,
    node: { name: node.name, tier: node.tier, site: node.site },
    mesh: {
      url: place.broker.url,
      credentials: user === undefined || password === undefined ? {} : { user, password },
      trust: { policy: 'first-use' },
    },
    door: { listed: false },
    state: { folder: join(place.stateFolder, node.name) },
    log: node.log,
    telemetry: node.telemetry,
    actors: node.actors,
    roles: node.roles,
    ...(node.power === undefined ? {} : { power: node.power }),
    ...(node.model === undefined
      ? {}
      : { model: { ...node.model, cacheFolder: node.model.cacheFolder ?? place.cacheFolder } }),
  };
  return stringify(config);
}
