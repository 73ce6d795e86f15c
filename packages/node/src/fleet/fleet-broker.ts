// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { findBrokerBinary, type LaunchedBroker, launchBroker } from '@aiflow/lab';
import type { Clock } from '@aiflow/time';
import type { FleetBroker } from './node-file.ts';

/** What a fleet's broker is started with. */
export interface OpenBrokerOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Hears what happens, one line at a time. */
  readonly onProgress?: (line: string) => void;
}

/** Where a fleet meets: at `url`, else on a broker of its own, which the caller disposes of. */
export async function openBroker(
  url: string | undefined,
  { clock, environment, signal, onProgress = () => undefined }: OpenBrokerOptions,
): Promise<{ readonly broker: LaunchedBroker | undefined; readonly address: FleetBroker }> {
  if (url !== undefined) return { broker: undefined, address: { url } };
  const binary = await findBrokerBinary({ env: environment, onProgress }, signal);
  const password = randomBytes(18).toString('base64url');
  const authorization = `authorization { user: "fleet", password: "${password}" }\n`; // F3 of start-fleet.ts
  const broker = await launchBroker({ clock, binary }, { config: authorization, signal });
  onProgress(`nats-server ${broker.version} (${binary.origin}) listens on ${broker.url}`);
  return { broker, address: { url: broker.url, user: 'fleet', password } };
}
