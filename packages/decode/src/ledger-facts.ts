// SPDX-License-Identifier: Apache-2.0
import type { LedgerFacts } from './cost-ledger.ts';
import type { SessionCollaborators } from './session-options.ts';
import type { VerifierTraffic } from './verifier.ts';

/** What those who take part state and count. */
export function ledgerFactsOf({ drafter, tiers }: SessionCollaborators): LedgerFacts {
  const watts = new Map<string, number>();
  const traffic = new Map<string, VerifierTraffic>();
  if (drafter.watts !== undefined) watts.set(drafter.node, drafter.watts);
  for (const verifier of tiers.flatMap(({ candidates }) => candidates)) {
    const carried = verifier.traffic?.();
    if (verifier.watts !== undefined) watts.set(verifier.node, verifier.watts);
    if (carried !== undefined) traffic.set(verifier.node, addTraffic(traffic.get(verifier.node), carried));
  }
  return { watts, traffic };
}

function addTraffic(past: VerifierTraffic | undefined, fresh: VerifierTraffic): VerifierTraffic {
  if (past === undefined) return fresh;
  return {
    sentMessages: past.sentMessages + fresh.sentMessages,
    sentBytes: past.sentBytes + fresh.sentBytes,
    receivedMessages: past.receivedMessages + fresh.receivedMessages,
    receivedBytes: past.receivedBytes + fresh.receivedBytes,
  };
}
