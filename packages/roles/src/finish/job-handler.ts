// SPDX-License-Identifier: Apache-2.0
import type { Change, DurableStore, ItemHandler, ReceivedItem } from '@aiflow/outbox';
import { AiflowError, type FinishAnswer, finishAnswerPayload } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { FINISH_KIND } from '../requests/finish-item.ts';
import { DONE_TABLE, decodeDone, decodeJob, encodeJob, JOB_TABLE, jobKey } from './finish-job.ts';

/** What a node takes jobs by. */
export interface JobIntake {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly family: string;
  readonly modelHash: string;
  /** Jobs that may wait; one more is offered again later. */
  readonly maxJobs: number;
}

/** Takes answers to be finished into the store. Those of other weights are refused for ever, with what is held here. */
export function createJobHandler(intake: JobIntake): ItemHandler {
  return { kind: FINISH_KIND, receive: item => takeJob(intake, item) };
}

function takeJob(intake: JobIntake, { payload, ageMs, traceParent }: ReceivedItem): readonly Change[] {
  const { store, clock, maxJobs } = intake;
  const order = finishAnswerPayload.decode(payload);
  checkModel(intake, order);
  const key = jobKey(order);
  const jobs = store.records(JOB_TABLE);
  const held = jobs.get(key);
  if (!isNewer(intake, key, order)) return [];
  if (held === undefined && jobs.size >= maxJobs) {
    throw new AiflowError('resource-exhausted', `${jobs.size} answers wait to be finished, at most ${maxJobs} may`);
  }
  const traced = traceParent === undefined ? {} : { traceParent };
  const value = encodeJob({ key, order, receivedMs: clock.wallMs() - ageMs, ...traced });
  return [{ kind: 'set', table: JOB_TABLE, key, value }];
}

function checkModel({ family, modelHash }: JobIntake, order: FinishAnswer): void {
  if (order.family === family && order.modelHash === modelHash) return;
  throw new AiflowError(
    'failed-precondition',
    `the answer to ${order.request} was begun by model ${order.modelHash} of family ${order.family}, here is ${modelHash} of ${family}: install the same family on both`,
  );
}

/** F2 of finish-job.ts. */
function isNewer({ store }: JobIntake, key: string, { epoch }: FinishAnswer): boolean {
  const held = store.records(JOB_TABLE).get(key);
  const done = store.records(DONE_TABLE).get(key);
  const before = [
    held === undefined ? undefined : decodeJob(key, held)?.order.epoch,
    done === undefined ? undefined : decodeDone(done)?.epoch,
  ];
  return before.every(other => other === undefined || other < epoch);
}
