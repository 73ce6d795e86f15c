// SPDX-License-Identifier: Apache-2.0
import { type CostLedger, costLedgerOf } from '@aiflow/decode';
import type { AnswerRun } from './answer-run.ts';
import type { AnswerSummary } from './ask-contract.ts';
import { ledgerFacts, trafficByPeer } from './ledger-facts.ts';
import type { RemoteMember } from './remote-verifier.ts';

/** The ledger of the node that answered, with the time seen from here and the link there. */
export function handedOverLedger(run: AnswerRun, theirs: AnswerSummary, { address, tier }: RemoteMember): CostLedger {
  const durationMs = run.clock.nowMs() - run.beganMs;
  const { tiers, answerTokens } = theirs;
  const subject = { durationMs, tiers, tokens: { length: answerTokens } };
  const ledger = theirs.ledger ?? costLedgerOf(subject, ledgerFacts(run, tiers));
  const carried = trafficByPeer(run.traffic.traffic()).get(address.node);
  const links = carried === undefined ? [] : [{ node: address.node, tier, ...carried }];
  return {
    ...{ ...ledger, durationMs, answerTokens },
    msPerToken: durationMs / Math.max(1, answerTokens),
    links: [...links, ...ledger.links],
  };
}
