// SPDX-License-Identifier: Apache-2.0
import { createSeededRandom } from '@aiflow/time';
import type { BenchCase } from '../harness/bench-case.ts';
import { createRoundCollector } from '../harness/collect-rounds.ts';
import { startAnsweringFleet } from './answering-fleet.ts';
import { askUndisturbed } from './ask-undisturbed.ts';
import { breakBroker, breakNodes } from './break-fleet.ts';
import { chooseRounds, readHeldOutQuestions } from './held-out-questions.ts';
import { answersRows, PLAN } from './rows.ts';

/** Whether answering together gives the cloud's own answers, also while nodes or the broker die. */
export const answersCase: BenchCase = {
  name: 'answers',
  title: 'held-out questions through device, edge and cloud processes in fp32, beside the cloud alone; then with kills',
  rows: answersRows,
  run: async context => {
    const rounds = createRoundCollector();
    const random = createSeededRandom('answers');
    const count = context.quick ? PLAN.questionRounds.quick : PLAN.questionRounds.full;
    const questions = chooseRounds(await readHeldOutQuestions(), count, random.fork('questions'));
    await using fleet = await startAnsweringFleet(context);
    const answered = await askUndisturbed({ context, fleet, rounds }, questions);
    const breaking = { context, fleet, rounds, answered };
    await breakNodes({ ...breaking, random: random.fork('kills') });
    await breakBroker({ ...breaking, random: random.fork('broker') });
    return rounds.measurements;
  },
};
