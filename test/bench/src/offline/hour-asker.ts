// SPDX-License-Identifier: Apache-2.0
//
// A program on the device. It outlives the node's process, and asks again under the same id until it has its answer.
import { AiflowError, type Revision } from '@aiflow/protocol';
import { type AnswerSummary, askAnswer } from '@aiflow/roles';
import { sleep } from '@aiflow/time';
import type { HourFleet } from './hour-fleet.ts';
import type { PlannedRequest } from './hour-plan.ts';

/** What a program was told. Times are of the virtual clock. */
export interface Told {
  readonly request: PlannedRequest;
  acceptedMs?: number;
  /** When the first text came. */
  textMs?: number;
  readonly summaries: { readonly summary: AnswerSummary; readonly revision: Revision | undefined }[];
  /** The longest text that was called committed. */
  committed: string;
  attempts: number;
  lastError?: AiflowError;
  isOver: boolean;
}

const AGAIN_MS = 250;
const WAY_MS = 1000;
const DEVICE = { node: 'device-1', actor: 'answerer' };

/** Asks from the planned time on; what it is told is noted in the result at once. */
export function askInTime(fleet: HourFleet, request: PlannedRequest): Told {
  const told: Told = { request, summaries: [], committed: '', attempts: 0, isOver: false };
  void askUntilAnswered(fleet, told).finally(() => {
    told.isOver = true;
  });
  return told;
}

async function askUntilAnswered(fleet: HourFleet, told: Told): Promise<void> {
  const { request } = told;
  await sleep(fleet.clock, request.atMs);
  for (;;) {
    while (!fleet.isAlive('device-1')) await sleep(fleet.clock, AGAIN_MS);
    try {
      told.attempts += 1;
      if (await askOnce(fleet, told)) return;
    } catch (error) {
      told.lastError = AiflowError.from(error);
      if (told.lastError.code === 'already-exists') return;
    }
    if (request.isFleeting && told.acceptedMs !== undefined) return;
    if (isFailed(fleet, request.id)) return;
    await sleep(fleet.clock, AGAIN_MS);
  }
}

/** Whether that was the answer. */
async function askOnce(fleet: HourFleet, told: Told): Promise<boolean> {
  const { id, question, deadlineMs, revisionsUntilMs, isFleeting } = told.request;
  const times = revisionsUntilMs === undefined ? { deadlineMs } : { deadlineMs, revisionsUntilMs };
  const limits = { timeoutMs: (revisionsUntilMs ?? deadlineMs) + WAY_MS, signal: fleet.process('device-1') };
  let revision: Revision | undefined;
  for await (const item of fleet.programs.stream(DEVICE, askAnswer, { id, question, ...times }, limits)) {
    if (item.kind === 'accepted') {
      told.acceptedMs ??= fleet.clock.nowMs();
      if (isFleeting) return true;
    } else if (item.kind === 'revision') {
      revision = item.revision;
      noteRevision(fleet, told, revision);
    } else {
      told.summaries.push({ summary: item.summary, revision });
      if (item.summary.provisional !== true) return true;
    }
  }
  return false;
}

function noteRevision(fleet: HourFleet, told: Told, { text, committedBytes }: Revision): void {
  if (text !== '') told.textMs ??= fleet.clock.nowMs();
  const committed = Buffer.from(text).subarray(0, committedBytes).toString();
  if (committed.length > told.committed.length) told.committed = committed;
}

function isFailed(fleet: HourFleet, id: string): boolean {
  return fleet.life('device-1')?.book.get(id)?.state === 'failed';
}
