// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BrokerEndpoint, TrustPolicy } from '@aiflow/mesh';
import { createFirstUseTrust, createKeyListTrust } from '@aiflow/mesh';
import { AiflowError } from '@aiflow/protocol';
import type { NodeConfig } from '../config/node-config.ts';

/** The broker endpoints that a node's configuration means. Files are relative to `baseFolder`. */
export function endpointsOf(
  mesh: NodeConfig['mesh'],
  baseFolder: string,
): { readonly control: BrokerEndpoint; readonly bulk: BrokerEndpoint } {
  const shared = { ...tlsOf(mesh, baseFolder), insecure: mesh.insecure };
  const control = credentialsOf(mesh.credentials, baseFolder);
  const bulk = mesh.bulkCredentials === undefined ? control : credentialsOf(mesh.bulkCredentials, baseFolder);
  return {
    control: { urls: mesh.url, ...shared, ...control },
    bulk: { urls: mesh.bulkUrl ?? mesh.url, ...shared, ...bulk },
  };
}

/** Whose adverts a node believes. */
export function trustOf(trust: NodeConfig['mesh']['trust']): TrustPolicy {
  return trust.policy === 'listed' ? createKeyListTrust(trust.keys) : createFirstUseTrust();
}

type Credentials = NodeConfig['mesh']['credentials'];

function credentialsOf(credentials: Credentials, baseFolder: string): Partial<BrokerEndpoint> {
  const { user, password, passwordFile, tokenFile, nkeySeedFile } = credentials;
  const secret = passwordFile === undefined ? password : readSecret('passwordFile', resolve(baseFolder, passwordFile));
  return {
    ...(user === undefined ? {} : { user }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(tokenFile === undefined ? {} : { token: readSecret('tokenFile', resolve(baseFolder, tokenFile)) }),
    ...(nkeySeedFile === undefined ? {} : { nkeySeedFile: resolve(baseFolder, nkeySeedFile) }),
  };
}

function tlsOf({ tls }: NodeConfig['mesh'], baseFolder: string): Partial<BrokerEndpoint> {
  if (tls === undefined) return {};
  const files = Object.entries(tls).flatMap(([key, file]) =>
    file === undefined ? [] : [[key, resolve(baseFolder, file)]],
  );
  return { tls: Object.fromEntries(files) as NonNullable<BrokerEndpoint['tls']> };
}

function readSecret(field: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new AiflowError(
      'failed-precondition',
      `mesh.credentials.${field} ${path} can't be read: check the path and its owner`,
      { cause },
    );
  }
}
