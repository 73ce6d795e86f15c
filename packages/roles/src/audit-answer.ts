// SPDX-License-Identifier: Apache-2.0
import {
  type Auditor,
  type AuditReport,
  auditResult,
  createEngineAuditor,
  createVerifierAuditor,
  type SessionResult,
  withTimeLimit,
} from '@aiflow/decode';
import { AiflowError } from '@aiflow/protocol';
import type { AnswerRun } from './answer-run.ts';
import { createRemoteVerifier } from './remote-verifier.ts';

/** A result and what an audit said of it, if there was one. */
export interface AuditedResult {
  readonly result: SessionResult;
  readonly audit: AuditReport | undefined;
}

/**
 * Has the answer derived again if the request wants it: by the owner's own engine where it holds the exit, else by a
 * node that took no part, else by the one that did. An audit that could not be done is a reason, not a failure.
 */
export async function auditAnswer(run: AnswerRun, result: SessionResult, signal: AbortSignal): Promise<AuditedResult> {
  if (run.request.audit !== true) return { result, audit: undefined };
  const chosen = chooseAuditor(run, result);
  if (chosen === undefined) return withReason(result, 'not audited: no node holds the wanted exit');
  const limitMs = run.remainingMs();
  try {
    const audited = await withTimeLimit(
      { clock: run.clock, limitMs, what: `audit by ${chosen.auditor.node}`, signal },
      inner => auditResult(result, chosen.auditor, inner),
    );
    return chosen.isOwnJudge ? { ...withReason(audited.result, OWN_JUDGE), audit: audited.audit } : audited;
  } catch (error) {
    if (run.signal.aborted) throw error;
    return withReason(result, `not audited: ${AiflowError.from(error).message}`);
  }
}

const OWN_JUDGE = 'the audit was made by the node that answered, as no other holds the exit';

function withReason(result: SessionResult, reason: string): AuditedResult {
  return { result: { ...result, reasons: [...result.reasons, reason] }, audit: undefined };
}

function chooseAuditor(
  run: AnswerRun,
  result: SessionResult,
): { readonly auditor: Auditor; readonly isOwnJudge: boolean } | undefined {
  const { engine, clock, node, tier, choice, session, prompt, request } = run;
  const { sampling } = request;
  const subject = { session: `${session}.audit`, prompt, ...(sampling === undefined ? {} : { sampling }) };
  const judges = new Set(result.references.map(reference => reference.node));
  if (engine.exits.includes(choice.wantedExit) && engine.format === 'fp32') {
    const auditor = createEngineAuditor({ engine, clock, subject, node, tier }, choice.wantedExit);
    return { auditor, isOwnJudge: judges.has(node) };
  }
  const able = choice.reference.filter(({ exit }) => exit === choice.wantedExit);
  const member = able.find(({ address }) => !judges.has(address.node)) ?? able[0];
  if (member === undefined) return undefined;
  const { caller, farewell, maxTokens, traffic } = run;
  const parts = { caller, farewell, owner: engine, maxTokens, traffic, subject };
  const auditor = createVerifierAuditor(createRemoteVerifier(parts, member));
  return { auditor, isOwnJudge: judges.has(member.address.node) };
}
