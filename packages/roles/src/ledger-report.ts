// SPDX-License-Identifier: Apache-2.0
import type { CostLedger, LinkCost, TierCost } from '@aiflow/decode';
import type { Tier } from '@aiflow/protocol';
import { type ReportFields, readField } from './report-fields.ts';

/** More than any answer has; a list that came from outside is refused beyond it. */
const MAX_ENTRIES = 64;
const TIERS: readonly Tier[] = ['device', 'edge', 'cloud'];

/** Checks a ledger that came from outside. Throws `invalid-argument` naming field and value. */
export function parseCostLedger(json: unknown): CostLedger {
  const fields = readField('summary.ledger', json);
  const { amount, list } = fields;
  return {
    durationMs: amount('durationMs'),
    answerTokens: amount('answerTokens'),
    msPerToken: amount('msPerToken'),
    drafted: amount('drafted'),
    accepted: amount('accepted'),
    tiers: list('tiers', MAX_ENTRIES, parseTierCost),
    links: list('links', MAX_ENTRIES, parseLinkCost),
    ...optionalAmount(fields, 'joules'),
  };
}

function parseTierCost(json: unknown, field: string): TierCost {
  const fields = readField(`summary.ledger.${field}`, json);
  const { raw, amount, oneOf, text } = fields;
  return {
    tier: oneOf('tier', TIERS),
    node: text('node', raw.node),
    exit: amount('exit'),
    role: oneOf('role', ['drafter', 'verifier']),
    computeMs: amount('computeMs'),
    tokens: amount('tokens'),
    ...optionalAmount(fields, 'joules'),
  };
}

function parseLinkCost(json: unknown, field: string): LinkCost {
  const fields = readField(`summary.ledger.${field}`, json);
  const { raw, amount, oneOf, text } = fields;
  return {
    node: text('node', raw.node),
    tier: oneOf('tier', TIERS),
    sentMessages: amount('sentMessages'),
    sentBytes: amount('sentBytes'),
    receivedMessages: amount('receivedMessages'),
    receivedBytes: amount('receivedBytes'),
    ...optionalAmount(fields, 'rttMs'),
  };
}

function optionalAmount({ raw, amount }: ReportFields, field: string): Record<string, number> {
  return raw[field] === undefined || raw[field] === null ? {} : { [field]: amount(field) };
}
