// SPDX-License-Identifier: Apache-2.0
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { type BrokerBinary, inspectBroker } from './broker-binary.ts';
import { brokerCacheFolder, listCachedBrokers } from './broker-cache.ts';
import { canInstallBroker, INSTALL_COMMAND, installBroker } from './install-broker.ts';

/** How {@link findBroker} looks. */
export interface FindBrokerOptions {
  /** A broker that already runs somewhere: no binary is needed and none is looked for. */
  readonly url?: string;
  /** Default this process's environment; `NATS_SERVER_BIN`, `PATH`, `XDG_CACHE_HOME` are read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folders looked at after `PATH`; default `/usr/sbin` and `/usr/local/sbin`, which PATH often leaves out. */
  readonly extraFolders?: readonly string[];
  /** Whether apt may install the package where this process is root on Debian or Ubuntu. Default true. */
  readonly install?: boolean;
  /** Hears what is being done, one line at a time, while it installs. */
  readonly onProgress?: (line: string) => void;
}

/** A broker to connect to, or a binary to launch. */
export type FoundBroker = { readonly kind: 'url'; readonly url: string } | ({ readonly kind: 'binary' } & BrokerBinary);

/**
 * Finds a nats-server: a configured URL, `NATS_SERVER_BIN`, PATH, the cache, then apt. A binary that does not run or is
 * too old is refused rather than passed over, so that a fleet never runs on another server than its user believes.
 * Fails with `failed-precondition` and the command to run when there is none.
 */
export async function findBroker(options: FindBrokerOptions = {}, signal?: AbortSignal): Promise<FoundBroker> {
  if (options.url !== undefined) return { kind: 'url', url: options.url };
  return { kind: 'binary', ...(await findBrokerBinary(options, signal)) };
}

/** As {@link findBroker}, for who must launch one: any `url` is ignored. */
export async function findBrokerBinary(options: FindBrokerOptions = {}, signal?: AbortSignal): Promise<BrokerBinary> {
  const env = options.env ?? process.env;
  if (env.NATS_SERVER_BIN !== undefined && env.NATS_SERVER_BIN !== '')
    return inspectBroker(env.NATS_SERVER_BIN, 'environment', signal);
  const onPath = await findOnPath(env, options.extraFolders);
  if (onPath !== undefined) return inspectBroker(onPath, 'path', signal);
  const [cached] = await listCachedBrokers(brokerCacheFolder(env), signal);
  if (cached !== undefined) return cached;
  return installOrExplain(options, env, signal);
}

async function installOrExplain(
  options: FindBrokerOptions,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<BrokerBinary> {
  if (options.install !== false && (await canInstallBroker(env))) {
    await installBroker(options.onProgress, signal);
    const installed = await findOnPath(env, options.extraFolders);
    if (installed !== undefined) return inspectBroker(installed, 'installed', signal);
  }
  throw new AiflowError(
    'failed-precondition',
    `no nats-server found: run \`${INSTALL_COMMAND}\`, or set NATS_SERVER_BIN to a nats-server of 2.9 or newer`,
    { details: { command: INSTALL_COMMAND } },
  );
}

async function findOnPath(
  env: Readonly<Record<string, string | undefined>>,
  extraFolders: readonly string[] = ['/usr/sbin', '/usr/local/sbin'],
): Promise<string | undefined> {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(folder => folder !== ''), ...extraFolders];
  for (const folder of folders) {
    const path = join(folder, 'nats-server');
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
