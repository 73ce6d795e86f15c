// SPDX-License-Identifier: Apache-2.0
import { MESSAGE_SIZES } from '@aiflow/placement';
import type { Clock } from '@aiflow/time';
import type { DeskLink } from './desk-verifier.ts';
import type { SessionResult } from './session-result.ts';
import type { SessionRevision } from './session-revision.ts';

/** The way to the node that answers. */
export interface HandOverWay {
  readonly link: Required<DeskLink>;
  readonly promptTokens: number;
}

/** Has another node answer: the question travels there, each revision back. Its time ends with the last revision. */
export async function carryRevisions(
  clock: Clock,
  { link, promptTokens }: HandOverWay,
  answer: (onRevision: (revision: SessionRevision) => void) => Promise<SessionResult>,
): Promise<SessionResult> {
  const { opening, token, revision, revisionToken } = MESSAGE_SIZES;
  const { signal } = new AbortController();
  const beganMs = clock.nowMs();
  await link.there(signal, opening + promptTokens * token);
  let arrivals: Promise<void> = Promise.resolve();
  const result = await answer(({ tokens }) => {
    const arrival = link.back(signal, revision + tokens.length * revisionToken);
    arrivals = Promise.all([arrivals, arrival]).then(() => undefined);
  });
  await arrivals;
  return { ...result, durationMs: clock.nowMs() - beganMs };
}
