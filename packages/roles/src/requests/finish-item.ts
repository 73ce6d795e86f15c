// SPDX-License-Identifier: Apache-2.0
import type { Change, DurableStore, OutboxEntry } from '@aiflow/outbox';
import { type FinishAnswer, finishAnswerPayload } from '@aiflow/protocol';
import type { RequestRecord } from './request-record.ts';

/** Items that ask others to finish an answer. */
export const FINISH_KIND = 'answer.finish';
/** Items that bring a finished answer home. */
export const FINISHED_KIND = 'answer.finished';

/** How long others may take where a request does not say. */
export const DEFAULT_FINISH_WITHIN_MS = 3_600_000;

const DEFAULT_MAX_TOKENS = 128;

/** What a node offers that finishes answers of a family. */
export function finishCapability(family: string): string {
  return `finish:${family}`;
}

/** Asks whoever can to finish the answer of `record`, at its epoch; `node` owns the request. */
export function putFinish(record: RequestRecord, node: string, nowMs: number): Change {
  const { id, request, traceParent, changedMs } = record;
  const { finishWithinMs = DEFAULT_FINISH_WITHIN_MS } = request;
  const timeToLiveMs = Math.max(1, Math.round(finishWithinMs - Math.max(0, nowMs - changedMs)));
  return {
    kind: 'put',
    item: {
      ...{ to: { capability: finishCapability(record.family) }, kind: FINISH_KIND, priority: 'normal', timeToLiveMs },
      supersedesKey: id,
      payload: finishAnswerPayload.encode(finishAnswerOf(record, node)),
      ...(traceParent === undefined ? {} : { traceParent }),
    },
  };
}

function finishAnswerOf({ id, epoch, request, family, modelHash, draft }: RequestRecord, node: string): FinishAnswer {
  const { question, exit = 0, maxTokens = DEFAULT_MAX_TOKENS, sampling } = request;
  return {
    ...{ request: id, epoch, replyTo: node, question, family, modelHash, exit, maxTokens },
    draftExit: draft?.exit ?? 0,
    drafted: draft?.tokens ?? [],
    ...(sampling === undefined ? {} : { sampling }),
  };
}

/** The item that asks for request `id`, while it waits to be sent. */
export function waitingFinish(store: DurableStore, id: string): OutboxEntry | undefined {
  return store.entries().find(({ kind, supersedesKey }) => kind === FINISH_KIND && supersedesKey === id);
}

/** Takes back what was not sent yet. */
export function endFinish(store: DurableStore, id: string): readonly Change[] {
  const item = waitingFinish(store, id);
  return item === undefined ? [] : [{ kind: 'end', id: item.id, how: 'superseded' }];
}
