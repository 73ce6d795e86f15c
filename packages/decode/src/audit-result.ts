// SPDX-License-Identifier: Apache-2.0
import type { Engine } from '@aiflow/model';
import { AiflowError, type Tier } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import type { SessionSubject } from './drafter.ts';
import { runAlone } from './run-alone.ts';
import type { SessionResult } from './session-result.ts';
import type { Verifier } from './verifier.ts';

/** What an independent check of an answer came to. */
export interface AuditReport {
  readonly node: string;
  readonly exit: number;
  readonly agreed: boolean;
  /** First answer position at which the check said something else. */
  readonly differsAt: number | undefined;
}

/** Derives the answer once more, without the session's verifiers. */
export interface Auditor {
  readonly node: string;
  readonly exit: number;
  /** The answer as far as the auditor agrees and, unless it agrees to the end, its own token after that. */
  derive(answer: readonly number[], signal: AbortSignal): Promise<readonly number[]>;
}

/** Audits with an engine of this process: a lone run of the wanted exit, the strongest check there is. */
export function createEngineAuditor(
  run: {
    readonly engine: Engine;
    readonly clock: Clock;
    readonly subject: SessionSubject;
    readonly node: string;
    readonly tier: Tier;
  },
  exit: number,
): Auditor {
  return {
    node: run.node,
    exit,
    derive: async (answer, signal) => {
      const subject = { ...run.subject, session: `${run.subject.session}.audit` };
      const result = await runAlone({ ...run, subject }, exit, { maxTokens: answer.length, signal });
      return result.tokens;
    },
  };
}

/** Audits with another verifier, in a session of its own, in blocks of `blockTokens` (default 32). */
export function createVerifierAuditor(verifier: Verifier, blockTokens: number = 32): Auditor {
  return {
    node: verifier.node,
    exit: verifier.exit,
    derive: async (answer, signal) => {
      await verifier.open({ epoch: 1, answer: [] }, signal);
      try {
        return await deriveInBlocks(verifier, answer, { blockTokens, signal });
      } finally {
        await verifier.close();
      }
    },
  };
}

async function deriveInBlocks(
  verifier: Verifier,
  answer: readonly number[],
  { blockTokens, signal }: { readonly blockTokens: number; readonly signal: AbortSignal },
): Promise<readonly number[]> {
  for (let base = 0; base < answer.length; base += blockTokens) {
    const tokens = answer.slice(base, base + blockTokens);
    const { accepted, correction } = await verifier.verify({ epoch: 1, base, tokens }, signal);
    if (accepted === tokens.length) continue;
    return [...answer.slice(0, base + accepted), ...(correction === undefined ? [] : [correction])];
  }
  return answer;
}

/** Compares a result with what `auditor` derives. The result that comes back is `exact` only if both agree. */
export async function auditResult(
  result: SessionResult,
  auditor: Auditor,
  signal: AbortSignal,
): Promise<{ readonly result: SessionResult; readonly audit: AuditReport }> {
  if (result.outcome !== 'complete') {
    throw new AiflowError('failed-precondition', `an answer that ended by ${result.outcome} can't be audited`);
  }
  const derived = await auditor.derive(result.tokens, signal);
  const length = Math.max(derived.length, result.tokens.length);
  const at = Array.from({ length }, (_, position) => position).find(
    position => derived[position] !== result.tokens[position],
  );
  const audit = { node: auditor.node, exit: auditor.exit, agreed: at === undefined, differsAt: at };
  if (at === undefined) return { result, audit };
  const doubt = `not exact: an audit by exit ${auditor.exit} of ${auditor.node} differs at token ${at}`;
  return { result: { ...result, exact: false, reasons: [doubt, ...result.reasons] }, audit };
}
