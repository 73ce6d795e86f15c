// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { AiflowError } from '@aiflow/protocol';

/** What a person runs to get a nats-server on Debian or Ubuntu. */
export const INSTALL_COMMAND = 'sudo apt-get install -y nats-server';

const UPDATE_LIMIT_MS = 120_000;
const INSTALL_LIMIT_MS = 180_000;

/** True where apt-get exists, this process is root, and the system is Debian, Ubuntu or made of them. */
export async function canInstallBroker(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  if (process.getuid?.() !== 0 || env.AIFLOW_NO_INSTALL === '1') return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release)) return false;
  return access('/usr/bin/apt-get', constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Installs Debian's package. Only its binary is wanted: a policy file that would start the packaged service on port 4222
 * is answered by `RUNLEVEL=1`, and no part of aiflow ever connects there. Refreshes apt's lists and tries once more when
 * the first try fails. Limits: 2 minutes for the lists, 3 for the package. Fails with `failed-precondition`.
 */
export async function installBroker(onProgress?: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const report = onProgress ?? (() => undefined);
  const install = ['install', '-y', '--no-install-recommends', 'nats-server'];
  report('installing nats-server with apt-get');
  const first = await runApt(install, INSTALL_LIMIT_MS, signal);
  if (first.ok) return;
  report('refreshing the package lists with apt-get update');
  await runApt(['update'], UPDATE_LIMIT_MS, signal);
  report('installing nats-server with apt-get, second try');
  const second = await runApt(install, INSTALL_LIMIT_MS, signal);
  if (second.ok) return;
  throw new AiflowError(
    'failed-precondition',
    `apt-get could not install nats-server: ${second.lastLine}; run \`${INSTALL_COMMAND}\` and read what it says`,
    { details: { command: INSTALL_COMMAND } },
  );
}

interface AptResult {
  readonly ok: boolean;
  readonly lastLine: string;
}

function runApt(args: readonly string[], limitMs: number, signal?: AbortSignal): Promise<AptResult> {
  const options = {
    timeout: limitMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    execFile('/usr/bin/apt-get', [...args], options, (error, stdout, stderr) => {
      if (signal?.aborted) reject(AiflowError.from(signal.reason, 'cancelled'));
      else resolve({ ok: error === null, lastLine: lastLineOf(stderr) || lastLineOf(stdout) });
    });
  });
}

function lastLineOf(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
