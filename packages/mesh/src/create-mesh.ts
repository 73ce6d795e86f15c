// SPDX-License-Identifier: Apache-2.0
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { endpointUrls, isLoopback } from './broker-endpoint.ts';
import { createNatsTransport } from './create-nats-transport.ts';
import type { Mesh, MeshCollaborators, MeshOptions } from './mesh.ts';
import { MeshNode } from './mesh-node.ts';
import type { TrustPolicy } from './trust.ts';

/**
 * Makes a mesh over NATS. Nothing happens before its transport is started. Throws `failed-precondition` for a broker off
 * this machine when the connection is anonymous and in plaintext, or when trust lets any key claim any name.
 */
export function createMesh(collaborators: MeshCollaborators, options: MeshOptions): Mesh {
  const { identity, logger = SILENT_LOGGER, trust } = collaborators;
  checkTrust(trust, options, logger);
  const hearing = options.tier === 'device' ? 'site' : 'fleet';
  const insist = options.join === 'background';
  const transport = createNatsTransport(collaborators, { ...options, node: identity.name, hearing, insist });
  return new MeshNode({ ...collaborators, logger, transport }, options);
}

function checkTrust(trust: TrustPolicy, options: MeshOptions, logger: Logger): void {
  if (trust.namesAreBound) return;
  const remote = [options.control, options.bulk ?? options.control].find(endpoint => !isLoopback(endpoint));
  if (remote !== undefined && remote.insecure !== true) {
    throw new AiflowError(
      'failed-precondition',
      `broker ${endpointUrls(remote).join(', ')} is not on this machine, so trust on first use would let anybody join: ` +
        'list the trusted keys in the fleet file, or set insecure: true',
    );
  }
  logger.warn('trust on first use: any program that reaches the broker can join this fleet under a free name', {
    fleet: options.fleet,
  });
}
