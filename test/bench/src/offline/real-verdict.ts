// SPDX-License-Identifier: Apache-2.0
//
// What became of each request that was journalled, from what its asker saw and what the device says at the end.
//
// J1  An answer is right when it is the cloud's text wherever it says to be exact, and the device's own text where
//     the device had the last word and nobody else judged any of it; what others judged before they were lost stays, and
//     may be neither's. Of any other it must say why it is not exact.
// J2  A late answer is forgiven where the device died between accepting and answering.
// J3  What an asker was given as the last word is what the device says for ever.
import type { AnswerSummary, RequestStatus } from '@aiflow/roles';
import type { PeacefulQuestion, SeenAnswer } from './real-askers.ts';
import { DEADLINE_MS, GRACE_MS } from './real-rows.ts';

/** A request, as both sides tell of it. */
export interface JudgedRequest {
  readonly seen: SeenAnswer;
  /** At the end; undefined where the device does not know it. */
  readonly status: RequestStatus | undefined;
  /** The same, asked again later. */
  readonly again: RequestStatus | undefined;
}

/** A row that a request counts for, and why. */
export type Verdict = 'inTime' | 'late' | 'lateAlone' | 'failed' | 'unanswered';

/** What is wrong with a request besides. */
export interface Fault {
  readonly kind: 'wrong' | 'doubled' | 'lost';
  readonly why: string;
}

/** When the answer came; `deviceKills` are wall clock times. */
export function judgeTime({ seen, status }: JudgedRequest, deviceKills: readonly number[]): Verdict {
  if (seen.failure !== undefined || status?.state === 'failed') return 'failed';
  if (seen.answeredMs === undefined || status === undefined) return 'unanswered';
  const { acceptedMs } = status;
  const answeredMs = seen.answeredMs;
  if (answeredMs - acceptedMs <= DEADLINE_MS + GRACE_MS) return 'inTime';
  const restarted = deviceKills.some(atMs => atMs >= acceptedMs && atMs <= answeredMs); // J2
  return restarted ? 'late' : 'lateAlone';
}

/** Everything that is wrong with a request, however late it was. */
export function findFaults({ seen, status, again }: JudgedRequest): readonly Fault[] {
  const { asked } = seen.request;
  const faults: Fault[] = [];
  const add = (kind: Fault['kind'], why: string | undefined): void => {
    if (why !== undefined) faults.push({ kind, why });
  };
  if (seen.summary !== undefined) add('wrong', explainWrong(asked, seen.text ?? '', seen.summary));
  if (status === undefined) {
    if (seen.accepted) add('lost', 'the device does not know it any more');
    return faults;
  }
  const { state, revision, summary } = status;
  if (state === 'accepted' || state === 'alone') add('lost', `it is still ${state}`);
  if (summary !== undefined && state !== 'failed') add('wrong', explainWrong(asked, revision?.text ?? '', summary));
  const wasLast = seen.summary !== undefined && seen.summary.awaitsRevision === undefined;
  if (wasLast && seen.text !== revision?.text)
    add('doubled', `its asker was told ${seen.text}, now it is ${revision?.text}`); // J3
  if (again?.state !== state || again.revision?.text !== revision?.text || again.changedMs !== status.changedMs) {
    add('doubled', `it was ${state} ${revision?.text}, then ${again?.state} ${again?.revision?.text}`);
  }
  return faults;
}

/** J1. */
function explainWrong(asked: PeacefulQuestion, text: string, summary: AnswerSummary): string | undefined {
  const { exact, outcome, tiers, references, reasons } = summary;
  if (exact) return text === asked.cloud ? undefined : `exact, but ${text} instead of ${asked.cloud}`;
  if (reasons.length === 0) return `not exact, and no reason: ${text}`;
  if (outcome !== 'complete') return undefined;
  const isAlone = references.every(({ tier }) => tier === 'device');
  const isUnjudged = tiers.every(({ tier, verifyCalls }) => tier === 'device' || verifyCalls === 0);
  if (isAlone && isUnjudged && text !== asked.device) {
    return `by the device, but ${text} instead of ${asked.device} (cloud: ${asked.cloud}): ${reasons.join('; ')}`;
  }
  return undefined;
}
