// SPDX-License-Identifier: Apache-2.0
import { formatAddress } from '@aiflow/protocol';
import { type ModelCapability, parseCapability } from './capability.ts';
import type { Directory } from './directory.ts';
import type { RemoteMember } from './remote-verifier.ts';

/** Who within reach does `duty` for a family, each actor and exit once, in the directory's order. */
export function findMembers(
  directory: Directory,
  family: string,
  duty: ModelCapability['duty'],
): readonly RemoteMember[] {
  const entries = directory.find(`${duty}:${family}:`);
  const once = new Map(entries.map(entry => [`${formatAddress(entry.address)} ${entry.capability}`, entry]));
  return [...once.values()].flatMap(({ address, tier, capability }) => {
    const parsed = parseCapability(capability);
    return parsed === undefined ? [] : [{ address, tier, exit: parsed.exit, format: parsed.format }];
  });
}
