// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { AiflowError } from '@aiflow/protocol';
import { type Environment, findOnPath } from './find-on-path.ts';

/** What a person runs to get a nats-server on Debian or Ubuntu. */
export const INSTALL_COMMAND = 'sudo apt-get install -y nats-server';

const UPDATE_LIMIT_MS = 120_000;
const INSTALL_LIMIT_MS = 180_000;

/** True where apt-get exists, this process is root, and the system is Debian, Ubuntu or made of them. */
export async function canInstallBroker(env: Environment): Promise<boolean> {
  if (process.getuid?.() !== 0 || env.AIFLOW_NO_INSTALL === '1') return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release) && (await findOnPath('apt-get', env)) !== undefined;
}

/** What {@link installBroker} works with. */
export interface InstallBrokerOptions {
  readonly env: Environment;
  readonly onProgress?: ((line: string) => void) | undefined;
}

/**
 * Installs Debian's package for the sake of its binary; the service that it may start on port 4222 is never used. Refreshes
 * apt's lists and tries once more when the first try fails. Limits: 2 minutes for the lists, 3 for the package. Fails with
 * `failed-precondition`.
 */
export async function installBroker(options: InstallBrokerOptions, signal?: AbortSignal): Promise<void> {
  const { env, onProgress: report = () => undefined } = options;
  const install = ['install', '-y', '--no-install-recommends', 'nats-server'];
  report('installing nats-server with apt-get');
  const first = await runApt(install, { env, limitMs: INSTALL_LIMIT_MS }, signal);
  if (first.ok) return;
  report('refreshing the package lists with apt-get update');
  await runApt(['update'], { env, limitMs: UPDATE_LIMIT_MS }, signal);
  report('installing nats-server with apt-get, second try');
  const second = await runApt(install, { env, limitMs: INSTALL_LIMIT_MS }, signal);
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

function runApt(
  args: readonly string[],
  { env, limitMs }: { readonly env: Environment; readonly limitMs: number },
  signal?: AbortSignal,
): Promise<AptResult> {
  const options = {
    timeout: limitMs,
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    execFile('apt-get', [...args], options, (error, stdout, stderr) => {
      if (signal?.aborted) reject(AiflowError.from(signal.reason, 'cancelled'));
      else resolve({ ok: error === null, lastLine: lastLineOf(stderr) || lastLineOf(stdout) });
    });
  });
}

function lastLineOf(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
