// SPDX-License-Identifier: Apache-2.0
import type { Clock, Random } from '@aiflow/time';

export interface LinkSettings {
  readonly delayMs?: number;
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
}
export interface LinkEmulator {
  readonly port: number;
  close(): Promise<void>;
}
export function createLinkEmulator(
  _collaborators: { readonly clock: Clock; readonly random: Random },
  _options: LinkSettings & { readonly target: { readonly host: string; readonly port: number } },
): Promise<LinkEmulator> {
  return Promise.reject(new Error('not yet'));
}
