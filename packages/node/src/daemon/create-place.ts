// SPDX-License-Identifier: Apache-2.0
import { dirname, resolve } from 'node:path';
import { doorSocketOf, loadIdentity } from '@aiflow/mesh';
import type { FamilyReport } from '@aiflow/protocol';
import type { Random } from '@aiflow/time';
import type { NodeConfig } from '../config/node-config.ts';
import { openNodeSpool } from '../offline/node-store.ts';
import { endpointsOf, trustOf } from './endpoint.ts';
import { createMeshNode, type MeshNode } from './mesh-node.ts';
import type { NodeStage } from './node-health.ts';
import type { StartNodeOptions } from './start-node.ts';

/** How far a start has come, and what is known of the model by then. */
export interface Progress {
  stage: NodeStage;
  /** Resident memory of the model's host, once there is one. */
  hostBytes: () => number;
  /** What the advert says of the model, once there is one. */
  families: () => readonly FamilyReport[];
  /** Sessions the model works for at the same time. */
  meanSessions: () => number;
}

/** The node's place on the mesh, by its file: key, broker, door and spans. Nothing is started. */
export async function createPlace(
  config: NodeConfig,
  options: StartNodeOptions & { readonly random: Random },
  progress: Progress,
): Promise<MeshNode> {
  const { clock, random, logger, environment, configFile } = options;
  const baseFolder = dirname(resolve(configFile));
  const { control, bulk } = endpointsOf(config.mesh, baseFolder);
  const identity = await loadIdentity(resolve(baseFolder, config.state.folder), config.node.name);
  logger.info('identity is loaded', { publicKey: identity.publicKey }); // for the others' mesh.trust.keys
  return createMeshNode(
    {
      ...{ clock, random, logger, identity },
      trust: trustOf(config.mesh.trust),
      spool: await openNodeSpool(config, options),
    },
    {
      ...{ fleet: config.fleet, tier: config.node.tier, site: config.node.site, control, bulk },
      join: 'background',
      doorSocket: doorSocketIn(config, baseFolder, environment),
      beatMs: config.mesh.heartbeatMs,
      hostBytes: () => progress.hostBytes(),
      families: () => progress.families(),
      watts: config.power?.watts,
      meanSessions: () => progress.meanSessions(),
      maxPayloadBytes: config.mesh.maxPayloadBytes,
      sampleRatio: config.telemetry.sampleRatio,
      otlpEndpoint: config.telemetry.otlpEndpoint ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT,
    },
  );
}

function doorSocketIn(
  { door, state }: NodeConfig,
  baseFolder: string,
  environment: StartNodeOptions['environment'],
): string | undefined {
  if (!door.enabled) return undefined;
  if (door.socket !== undefined) return resolve(baseFolder, door.socket);
  return doorSocketOf(resolve(baseFolder, state.folder), environment);
}
