// SPDX-License-Identifier: Apache-2.0
import type { Address } from '@aiflow/protocol';

/** How an error names the way a message took: `device-1 -> edge-1/verifier`. */
export function formatHop(fromNode: string, to: Address): string {
  return `${fromNode} -> ${to.node}/${to.actor}`;
}
