// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { type BrokerBinary, inspectBroker, OLDEST_BROKER_VERSION } from './broker-binary.ts';
import { brokerCacheFolder, listCachedBrokers } from './broker-cache.ts';
import { type Environment, findOnPath } from './find-on-path.ts';
import { canInstallBroker, INSTALL_COMMAND, installBroker } from './install-broker.ts';

const PROGRAM = 'nats-server';

/** Where Debian and others put servers, which PATH often leaves out. */
const SERVER_FOLDERS: readonly string[] = ['/usr/sbin', '/usr/local/sbin'];

/** How {@link findBroker} looks. */
export interface FindBrokerOptions {
  /** A broker that already runs somewhere: no binary is needed and none is looked for. */
  readonly url?: string;
  /** Default this process's environment; `NATS_SERVER_BIN`, `PATH`, `XDG_CACHE_HOME` are read. */
  readonly env?: Environment;
  /** Folders looked at after `PATH`; default `/usr/sbin` and `/usr/local/sbin`. */
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
  if (env.NATS_SERVER_BIN !== undefined && env.NATS_SERVER_BIN !== '') return inspectNamed(env.NATS_SERVER_BIN, signal);
  const onPath = await findOnPath(PROGRAM, env);
  if (onPath !== undefined) return inspectBroker(onPath, 'path', signal);
  const inSystem = await findNatsServer(env, options);
  if (inSystem !== undefined) return inspectBroker(inSystem, 'system folder', signal);
  const [cached] = await listCachedBrokers(brokerCacheFolder(env), signal);
  if (cached !== undefined) return cached;
  return installOrExplain(options, env, signal);
}

/** What the user named is never passed over; an error says where the name came from. */
async function inspectNamed(path: string, signal?: AbortSignal): Promise<BrokerBinary> {
  try {
    return await inspectBroker(path, 'environment', signal);
  } catch (cause) {
    const { code, message } = AiflowError.from(cause);
    if (code !== 'failed-precondition') throw cause;
    throw new AiflowError(
      code,
      `NATS_SERVER_BIN names a program that can't be used: ${message}; unset it, or set it to a nats-server of ${OLDEST_BROKER_VERSION} or newer`,
      { cause, details: { path } },
    );
  }
}

async function installOrExplain(
  options: FindBrokerOptions,
  env: Environment,
  signal?: AbortSignal,
): Promise<BrokerBinary> {
  if (options.install !== false && (await canInstallBroker(env))) {
    await installBroker({ env, onProgress: options.onProgress }, signal);
    const installed = await findNatsServer(env, options);
    if (installed !== undefined) return inspectBroker(installed, 'installed', signal);
  }
  throw new AiflowError(
    'failed-precondition',
    `no nats-server found: run \`${INSTALL_COMMAND}\`, or set NATS_SERVER_BIN to a nats-server of 2.9 or newer`,
    { details: { command: INSTALL_COMMAND } },
  );
}

function findNatsServer(
  env: Environment,
  { extraFolders = SERVER_FOLDERS }: FindBrokerOptions,
): Promise<string | undefined> {
  return findOnPath(PROGRAM, env, extraFolders);
}
