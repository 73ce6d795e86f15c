// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Revision, type TraceContext } from '@aiflow/protocol';
import type { AnswerSummary, AskItem } from '../ask-contract.ts';
import type { AskRequest } from '../ask-request.ts';

/** An answer that was made to the end. */
export interface FinishedAnswer {
  readonly revision: Revision;
  readonly summary: AnswerSummary;
}

/** Answers a request to the end, as a part of `trace` where there is one. */
export type AnswerPort = (
  request: AskRequest,
  signal: AbortSignal,
  trace: TraceContext | undefined,
) => Promise<FinishedAnswer>;

/** Reads the items of an answer to the last; fails with `data-loss` where it has no text. */
export async function readToTheEnd(items: AsyncIterable<AskItem>): Promise<FinishedAnswer> {
  let revision: Revision | undefined;
  let summary: AnswerSummary | undefined;
  for await (const item of items) {
    if (item.kind === 'revision') revision = item.revision;
    if (item.kind === 'summary') summary = item.summary;
  }
  if (revision !== undefined && summary !== undefined) return { revision, summary };
  throw new AiflowError('data-loss', 'an answer ended without a text or without its summary: ask again');
}
