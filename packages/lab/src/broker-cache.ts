// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type BrokerBinary, compareVersions, inspectBroker } from './broker-binary.ts';
import type { Environment } from './find-on-path.ts';

/** `$XDG_CACHE_HOME/aiflow/nats-server`, or the same under `~/.cache`: one folder per version. */
export function brokerCacheFolder(env: Environment = process.env): string {
  const base =
    env.XDG_CACHE_HOME === undefined || env.XDG_CACHE_HOME === '' ? join(homedir(), '.cache') : env.XDG_CACHE_HOME;
  return join(base, 'aiflow', 'nats-server');
}

/** The binary's place for one version: `<cache>/<version>/nats-server`. */
export function cachedBrokerPath(folder: string, version: string): string {
  return join(folder, version, 'nats-server');
}

/** Cached servers that run and are new enough, newest first. One that does not run is left out. */
export async function listCachedBrokers(folder: string, signal?: AbortSignal): Promise<readonly BrokerBinary[]> {
  const versions = await readdir(folder).catch(() => []); // no cache yet
  const candidates = versions.filter(name => /^\d+\.\d+\.\d+$/.test(name));
  const inspected = await Promise.allSettled(
    candidates.map(version => inspectBroker(cachedBrokerPath(folder, version), 'cache', signal)),
  );
  signal?.throwIfAborted();
  return inspected
    .flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    .sort((left, right) => compareVersions(right.version, left.version));
}
