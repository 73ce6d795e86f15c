// SPDX-License-Identifier: Apache-2.0
//
// Other versions of nats-server, for suites that must hold on all of them, without touching what is installed: apt reads
// lists and sources of its own in a temporary folder, the package is downloaded and unpacked, never installed.
import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { type DebianMirror, findDebianMirror } from './apt-sources.ts';
import { type BrokerBinary, compareVersions, inspectBroker } from './broker-binary.ts';
import { brokerCacheFolder, cachedBrokerPath, listCachedBrokers } from './broker-cache.ts';
import { findBrokerBinary } from './find-broker.ts';
import type { Environment } from './find-on-path.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/** Debian 13 (2.10.x) and Debian unstable (2.15.x): builds that run on Debian 12 too. */
export const FETCHED_SUITES: readonly string[] = ['trixie', 'sid'];

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const STEP_LIMIT_MS = 120_000;

/** What became of one suite. A suite that can't be had is a value: offline machines test with what they have. */
export type FetchedBroker =
  | { readonly suite: string; readonly binary: BrokerBinary; readonly fresh: boolean }
  | { readonly suite: string; readonly failure: string };

/** How {@link fetchBrokerVersions} works. */
export interface FetchBrokerVersionsOptions {
  /** Default {@link FETCHED_SUITES}. */
  readonly suites?: readonly string[];
  /** Fetches also what the cache already has. Default false. */
  readonly refresh?: boolean;
  /** Default this process's environment; `XDG_CACHE_HOME` is read. */
  readonly env?: Environment;
  readonly onProgress?: (line: string) => void;
}

/**
 * Puts one nats-server of each suite into the cache, from the Debian mirror that this machine's apt is configured with.
 * At most 2 minutes a step. Rejects only when aborted; what fails is told per suite.
 */
export async function fetchBrokerVersions(
  options: FetchBrokerVersionsOptions = {},
  signal?: AbortSignal,
): Promise<readonly FetchedBroker[]> {
  const folder = brokerCacheFolder(options.env);
  const results: FetchedBroker[] = [];
  for (const suite of options.suites ?? FETCHED_SUITES) {
    signal?.throwIfAborted();
    const known = options.refresh === true ? undefined : await findSuite(folder, suite, signal);
    if (known !== undefined) results.push({ suite, binary: known, fresh: false });
    else results.push(await fetchSuite(suite, folder, options, signal));
  }
  return results;
}

/**
 * Every nats-server on this machine that may be launched: the one `findBrokerBinary` would take, and the cached ones. One
 * of each version, oldest first; empty when there is none. Installs nothing.
 */
export async function listBrokers(
  options: { readonly env?: Environment } = {},
  signal?: AbortSignal,
): Promise<readonly BrokerBinary[]> {
  const own = await findBrokerBinary({ ...options, install: false }, signal).catch(() => undefined); // none is a value here
  signal?.throwIfAborted();
  const cached = await listCachedBrokers(brokerCacheFolder(options.env), signal);
  const byVersion = new Map([...cached, ...(own === undefined ? [] : [own])].map(binary => [binary.version, binary]));
  return [...byVersion.values()].sort((left, right) => compareVersions(left.version, right.version));
}

/** The cached server that came from a suite: each version's folder holds the suite's name beside the binary. */
async function findSuite(folder: string, suite: string, signal?: AbortSignal): Promise<BrokerBinary | undefined> {
  for (const binary of await listCachedBrokers(folder, signal)) {
    const from = await readFile(join(folder, binary.version, 'suite'), 'utf8').catch(() => ''); // put there by hand
    if (from === suite) return binary;
  }
  return undefined;
}

async function fetchSuite(
  suite: string,
  folder: string,
  options: FetchBrokerVersionsOptions,
  signal?: AbortSignal,
): Promise<FetchedBroker> {
  const report = options.onProgress ?? (() => undefined);
  const work = await makeTemporaryFolder('fetch');
  try {
    const mirror = await findDebianMirror();
    if (mirror === undefined) return { suite, failure: 'apt is configured with no Debian archive on this machine' };
    report(`${suite}: reading package lists`);
    const apt = await preparePrivateApt(work, suite, mirror);
    await runStep('apt-get', [...apt, 'update'], work, signal);
    report(`${suite}: downloading nats-server`);
    await runStep('apt-get', [...apt, 'download', 'nats-server'], work, signal);
    const binary = await unpack(work, folder, suite, signal);
    report(`${suite}: ${binary.version} is at ${binary.path}`);
    return { suite, binary, fresh: true };
  } catch (error) {
    signal?.throwIfAborted();
    return { suite, failure: AiflowError.from(error).message };
  } finally {
    await removeFolder(work);
  }
}

/** Folders and sources of its own for apt; returns the options that make apt use only those. */
async function preparePrivateApt(work: string, suite: string, mirror: DebianMirror): Promise<readonly string[]> {
  for (const name of ['lists/partial', 'cache/archives/partial', 'parts'])
    await mkdir(join(work, name), { recursive: true });
  const keyring = await access(DEBIAN_KEYRING).then(
    () => DEBIAN_KEYRING,
    () => mirror.signedBy,
  );
  const options = keyring === undefined ? '' : `[signed-by=${keyring}] `;
  await writeFile(join(work, 'sources.list'), `deb ${options}${mirror.uri} ${suite} main\n`);
  return [
    ...['-o', `Dir::State::Lists=${join(work, 'lists')}`],
    ...['-o', `Dir::Etc::SourceList=${join(work, 'sources.list')}`],
    ...['-o', `Dir::Etc::SourceParts=${join(work, 'parts')}`],
    ...['-o', `Dir::Cache=${join(work, 'cache')}`],
    ...['-o', 'APT::Sandbox::User=', '-o', 'APT::Get::List-Cleanup=0', '-o', 'APT::Update::Post-Invoke-Success='],
    ...['-o', 'Acquire::Languages=none', '-o', 'Acquire::Retries=2', '-q'],
  ];
}

async function unpack(work: string, folder: string, suite: string, signal?: AbortSignal): Promise<BrokerBinary> {
  const archive = (await readdir(work)).find(name => name.endsWith('.deb'));
  if (archive === undefined) throw new AiflowError('not-found', `apt-get downloaded no nats-server from ${suite}`);
  await runStep('dpkg', ['-x', join(work, archive), join(work, 'tree')], work, signal);
  const unpacked = await inspectBroker(join(work, 'tree/usr/sbin/nats-server'), 'cache', signal);
  const path = cachedBrokerPath(folder, unpacked.version);
  await mkdir(join(folder, unpacked.version), { recursive: true });
  await copyFile(unpacked.path, `${path}.partial`);
  await rename(`${path}.partial`, path); // never half a binary under the final name
  await writeFile(join(folder, unpacked.version, 'suite'), suite);
  return { ...unpacked, path };
}

function runStep(command: string, args: readonly string[], cwd: string, signal?: AbortSignal): Promise<void> {
  const options = { cwd, timeout: STEP_LIMIT_MS, ...(signal === undefined ? {} : { signal }) };
  return new Promise((resolve, reject) => {
    execFile(command, [...args], options, (error, _stdout, stderr) => {
      const last = stderr.trim().split('\n').at(-1) ?? '';
      if (error === null) resolve();
      else reject(new AiflowError('unavailable', `${command} failed: ${last || error.message}`, { cause: error }));
    });
  });
}
