// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@aiflow/time';
import type { AnsweringFleet } from '../answers/answering-fleet.ts';
import { readHeldOutQuestions } from '../answers/held-out-questions.ts';
import type { CaseContext } from '../harness/bench-case.ts';
import type { PeacefulQuestion, PlannedRequest } from './real-askers.ts';

const DEADLINE_MS = 60_000;

/** Asks `count` held-out questions while nothing is broken: of the cloud alone, and of the device alone. */
export async function askInPeace(
  { client, owner }: AnsweringFleet,
  { progress, signal }: CaseContext,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<readonly PeacefulQuestion[]> {
  const all = await readHeldOutQuestions();
  const asked: PeacefulQuestion[] = [];
  for (let index = 0; index < count; index++) {
    const question = all[random.below(all.length)]?.question ?? '';
    const options = { at: owner, deadlineMs: DEADLINE_MS, signal };
    const cloud = await client.ask(question, { ...options, tiers: 'cloud-only' });
    const device = await client.ask(question, { ...options, tiers: 'local', exit: 1 });
    asked.push({ question, cloud: cloud.text, device: device.text });
  }
  const differ = asked.filter(({ cloud, device }) => cloud !== device).length;
  progress(`${count} questions asked in peace; the device alone says something else to ${differ}`);
  return asked;
}

/** When requests are made. */
export interface RequestTimes {
  readonly count: number;
  readonly wholeMs: number;
  /** When something strikes: half of the requests are under way then. */
  readonly strikesMs: readonly number[];
  readonly random: Random;
}

const BEFORE_MS = 1500;

/** Requests for these questions within `wholeMs`: one at any time, the next shortly before a strike, and so on. */
export function planRequests(
  questions: readonly PeacefulQuestion[],
  { count, wholeMs, strikesMs, random }: RequestTimes,
): readonly PlannedRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const asked = questions[index % questions.length];
    if (asked === undefined) throw new Error('no question to ask');
    const strikeMs = index % 2 === 0 ? undefined : strikesMs[random.below(strikesMs.length)];
    const atMs = strikeMs === undefined ? random.next() * wholeMs : strikeMs - random.next() * BEFORE_MS;
    return { id: `request-${index}`, asked, atMs: Math.max(0, atMs) };
  });
}
