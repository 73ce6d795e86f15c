// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AiflowError } from '@aiflow/protocol';

const run = promisify(execFile);

/** The oldest nats-server that carries a fleet: the one in Debian 12. Older ones lack what the leaf tree needs. */
export const OLDEST_BROKER_VERSION = '2.9.0';

/** Where a binary was found, in the order in which places are looked at. */
export type BrokerOrigin = 'environment' | 'path' | 'system folder' | 'cache' | 'installed';

/** A nats-server that was run once and told its version. */
export interface BrokerBinary {
  readonly path: string;
  /** Such as `2.10.27`. */
  readonly version: string;
  readonly origin: BrokerOrigin;
}

/**
 * Runs `path --version` (limit 5 s). Fails with `failed-precondition`, naming path and version, when it does not run,
 * does not answer like a nats-server, or is older than {@link OLDEST_BROKER_VERSION}.
 */
export async function inspectBroker(path: string, origin: BrokerOrigin, signal?: AbortSignal): Promise<BrokerBinary> {
  const version = await readVersion(path, signal);
  if (compareVersions(version, OLDEST_BROKER_VERSION) < 0)
    throw new AiflowError(
      'failed-precondition',
      `${path} is nats-server ${version}, older than ${OLDEST_BROKER_VERSION}: install a newer one or set NATS_SERVER_BIN`,
      { details: { path, version, origin } },
    );
  return { path, version, origin };
}

async function readVersion(path: string, signal?: AbortSignal): Promise<string> {
  const options = { timeout: 5000, encoding: 'utf8', ...(signal === undefined ? {} : { signal }) } as const;
  const output = await run(path, ['--version'], options).then(
    result => `${result.stdout}${result.stderr}`,
    (cause: Error) => {
      signal?.throwIfAborted();
      throw new AiflowError('failed-precondition', `${path} does not run: ${firstLine(cause.message)}`, {
        cause,
        details: { path },
      });
    },
  );
  const version = /nats-server: v?(\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined)
    throw new AiflowError('failed-precondition', `${path} is no nats-server: it says ${firstLine(output)}`, {
      details: { path },
    });
  return version;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/** Negative when `left` is the older of two `major.minor.patch` versions, 0 when equal. Missing parts count as 0. */
export function compareVersions(left: string, right: string): number {
  const leftParts = left.split('.').map(Number);
  const rightParts = right.split('.').map(Number);
  for (let index = 0; index < 3; index++) {
    const difference = (leftParts[index] ?? 0) - (rightParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
