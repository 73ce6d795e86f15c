// SPDX-License-Identifier: Apache-2.0
import type { Change, ItemHandler } from '@aiflow/outbox';
import { AiflowError, answerFinishedPayload } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { type AnswerSummary, parseSummary } from '../ask-contract.ts';
import { endFinish, FINISHED_KIND } from './finish-item.ts';
import type { RequestBook } from './request-book.ts';
import { giveUp, type RequestRecord, reviseAnswer } from './request-record.ts';

/** What an `answer.finished` says instead of a summary where nobody could make a better answer. */
export interface Unfinished {
  readonly unfinished: string;
}

/** Brings finished answers into `book`: each request takes one revision, whoever sends how many of them. */
export function createRevisionHandler(book: RequestBook, { clock }: { readonly clock: Clock }): ItemHandler {
  return {
    kind: FINISHED_KIND,
    receive: async ({ id: item, payload }): Promise<readonly Change[]> => {
      const { request, epoch, revision, summary } = answerFinishedPayload.decode(payload);
      const told = readSummary(summary);
      const nowMs = clock.wallMs();
      const decide = (record: RequestRecord): RequestRecord =>
        'unfinished' in told
          ? giveUpOn(record, { epoch, reason: told.unfinished }, nowMs)
          : reviseAnswer(record, { epoch, revision, summary: told }, nowMs);
      const changes = await book.claim(request, item, decide);
      return changes.length === 0 ? [] : [...changes, ...endFinish(book.store, request)];
    },
  };
}

/** Only of the newest asking: an older one may have reached somebody who can do less. */
function giveUpOn(
  record: RequestRecord,
  { epoch, reason }: { readonly epoch: number; readonly reason: string },
  nowMs: number,
): RequestRecord {
  return epoch === record.epoch ? giveUp(record, `not finished by others: ${reason}`, nowMs) : record;
}

function readSummary(json: unknown): AnswerSummary | Unfinished {
  const said = json as Partial<AnswerSummary & Unfinished> | null;
  if (typeof said?.unfinished === 'string') return { unfinished: said.unfinished };
  const { outcome, exit, reasons } = said ?? {};
  if (typeof outcome === 'string' && typeof exit === 'number' && Array.isArray(reasons)) {
    return parseSummary(said as AnswerSummary);
  }
  throw new AiflowError('invalid-argument', 'a finished answer came without a summary: its outcome, exit and reasons');
}
