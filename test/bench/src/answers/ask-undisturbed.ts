// SPDX-License-Identifier: Apache-2.0

import type { HeldOutQuestion } from '@aiflow/model';
import type { AnswerResult } from '@aiflow/node';
import type { CaseContext } from '../harness/bench-case.ts';
import type { RoundCollector } from '../harness/collect-rounds.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import type { AnsweringFleet } from './answering-fleet.ts';
import { PLAN, UNDISTURBED } from './rows.ts';

/** A question with the answers of all tiers and of the cloud alone. */
export interface AnsweredQuestion {
  readonly asked: HeldOutQuestion;
  readonly together: AnswerResult;
  readonly alone: AnswerResult;
}

/** What the parts of the case share. */
export interface AskingParts {
  readonly context: CaseContext;
  readonly fleet: AnsweringFleet;
  readonly rounds: RoundCollector;
}

const DEADLINE_MS = 60_000;

/** Asks every question twice, one at a time. */
export async function askUndisturbed(
  parts: AskingParts,
  questions: readonly (readonly HeldOutQuestion[])[],
): Promise<readonly AnsweredQuestion[]> {
  const answered: AnsweredQuestion[] = [];
  await repeatRounds(parts.context, PLAN.questionRounds, async round => {
    for (const asked of questions[round] ?? []) answered.push(await askBothWays(parts, asked));
  });
  addRows(parts.rounds, answered);
  return answered;
}

async function askBothWays({ fleet, context }: AskingParts, asked: HeldOutQuestion): Promise<AnsweredQuestion> {
  const { signal, progress } = context;
  const options = { at: fleet.owner, deadlineMs: DEADLINE_MS, signal };
  const together = await fleet.client.ask(asked.question, { ...options, tiers: 'three' });
  const alone = await fleet.client.ask(asked.question, { ...options, tiers: 'cloud-only' });
  if (together.text !== alone.text || !together.summary.exact) {
    progress(`${asked.id}: together ${JSON.stringify(together.text)}, alone ${JSON.stringify(alone.text)}`);
    progress(`${asked.id}: ${together.summary.reasons.join('; ') || 'no reason'}`);
  }
  return { asked, together, alone };
}

function addRows(rounds: RoundCollector, answered: readonly AnsweredQuestion[]): void {
  const share = (holds: (question: AnsweredQuestion) => boolean): number =>
    answered.filter(holds).length / answered.length;
  rounds.add(UNDISTURBED.asked, answered.length);
  rounds.add(UNDISTURBED.mismatches, answered.filter(({ together, alone }) => together.text !== alone.text).length);
  rounds.add(
    UNDISTURBED.exact,
    share(({ together }) => together.summary.exact),
  );
  rounds.add(
    UNDISTURBED.right,
    share(({ asked, together }) => together.text === asked.answer),
  );
  rounds.add(
    UNDISTURBED.rightAlone,
    share(({ asked, alone }) => alone.text === asked.answer),
  );
  rounds.add(UNDISTURBED.acceptedByEdge, acceptance(answered, 'edge'));
  rounds.add(UNDISTURBED.acceptedByCloud, acceptance(answered, 'cloud'));
  for (const { together } of answered) {
    const { links } = together.summary;
    rounds.add(UNDISTURBED.messages, sum(links.map(link => link.messages)));
    rounds.add(UNDISTURBED.bytes, sum(links.map(link => link.bytes)));
  }
}

/** Over all answers: tokens that the tier let stand, of those that it judged. */
function acceptance(answered: readonly AnsweredQuestion[], wanted: string): number {
  const tiers = answered.flatMap(({ together }) => together.summary.tiers.filter(({ tier }) => tier === wanted));
  return sum(tiers.map(({ accepted }) => accepted)) / sum(tiers.map(({ proposed }) => proposed));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
