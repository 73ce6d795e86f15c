// SPDX-License-Identifier: Apache-2.0
//
// An answer that another node gave alone, to be finished here. One record for each, from the item that brought it to the
// commit that sends the answer home; then a note that it was done.
//
// F1  The key names owner, request and question: an id that its owner forgot and gave to another question is another job.
// F2  A newer epoch takes the place of an older one; an older one, or the same once more, changes nothing.
// F3  The job ends, and the answer is put into the outbox, in one commit. So the owner gets one answer for each epoch
//     that began, however often this node dies in between.
import { createHash } from 'node:crypto';
import { type FinishAnswer, finishAnswerPayload } from '@aiflow/protocol';

/** Tables of the store: what is to be done, and which epoch of it was done last. */
export const JOB_TABLE = 'job';
export const DONE_TABLE = 'job.done';

/** An answer to be finished. Times are of the wall clock, in milliseconds. */
export interface FinishJob {
  readonly key: string;
  readonly order: FinishAnswer;
  readonly receivedMs: number;
  readonly traceParent?: string;
}

/** What was done. */
export interface DoneJob {
  readonly epoch: number;
  readonly doneMs: number;
}

/** F1. */
export function jobKey({ replyTo, request, question, exit, maxTokens, sampling }: FinishAnswer): string {
  const { temperature, topK, topP, seed } = sampling ?? {};
  const asked = JSON.stringify([question, exit, maxTokens, temperature, topK, topP, seed]);
  return `${replyTo}/${request}/${createHash('sha256').update(asked).digest('hex').slice(0, 16)}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The job as a value of the store. */
export function encodeJob({ order, receivedMs, traceParent }: FinishJob): Uint8Array {
  return encoder.encode(JSON.stringify({ order: finishAnswerPayload.toJson(order), receivedMs, traceParent }));
}

/** The inverse of {@link encodeJob}; undefined for what is no job. */
export function decodeJob(key: string, bytes: Uint8Array): FinishJob | undefined {
  try {
    const { order, receivedMs, traceParent } = JSON.parse(decoder.decode(bytes));
    const traced = typeof traceParent === 'string' ? { traceParent } : {};
    return { key, order: finishAnswerPayload.fromJson(order), receivedMs: Number(receivedMs), ...traced };
  } catch {
    return undefined;
  }
}

/** What was done as a value of the store. */
export function encodeDone(done: DoneJob): Uint8Array {
  return encoder.encode(JSON.stringify(done));
}

/** The inverse of {@link encodeDone}; undefined for what is none. */
export function decodeDone(bytes: Uint8Array): DoneJob | undefined {
  try {
    const { epoch, doneMs } = JSON.parse(decoder.decode(bytes));
    return Number.isFinite(epoch) && Number.isFinite(doneMs) ? { epoch, doneMs } : undefined;
  } catch {
    return undefined;
  }
}
