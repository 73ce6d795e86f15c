// SPDX-License-Identifier: Apache-2.0
import type { LedgerFacts, SessionMember, VerifierTraffic } from '@aiflow/decode';
import type { LinkTraffic } from './link-traffic.ts';

/** No node draws more; what is stated beyond it makes no sense. */
const MOST_WATTS = 1_000_000;

/** What a run counted and what its nodes state. */
export interface LedgerSources {
  readonly traffic: { traffic(): readonly LinkTraffic[] };
  readonly wattsOf: (node: string) => number | undefined;
}

/** What a ledger needs to know of those who took part. */
export function ledgerFacts({ traffic, wattsOf }: LedgerSources, members: readonly SessionMember[]): LedgerFacts {
  const stated = members.flatMap(({ node }): [string, number][] => {
    const watts = wattsOf(node);
    return watts !== undefined && watts >= 0 && watts <= MOST_WATTS ? [[node, watts]] : [];
  });
  return { watts: new Map(stated), traffic: trafficByPeer(traffic.traffic()) };
}

/** Messages and payload bytes by peer, of all kinds together. */
export function trafficByPeer(links: readonly LinkTraffic[]): ReadonlyMap<string, VerifierTraffic> {
  const sums = new Map<string, VerifierTraffic>();
  for (const { peer, direction, messages, bytes } of links) {
    const past = sums.get(peer) ?? { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 };
    sums.set(
      peer,
      direction === 'sent'
        ? { ...past, sentMessages: past.sentMessages + messages, sentBytes: past.sentBytes + bytes }
        : { ...past, receivedMessages: past.receivedMessages + messages, receivedBytes: past.receivedBytes + bytes },
    );
  }
  return sums;
}
