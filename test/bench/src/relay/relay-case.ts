// SPDX-License-Identifier: Apache-2.0

import type { HeldOutQuestion } from '@aiflow/model';
import { createSeededRandom, createSystemClock, sleep } from '@aiflow/time';
import { chooseRounds, readHeldOutQuestions } from '../answers/held-out-questions.ts';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import { type RelayingFleet, sourceOf, startRelayingFleet } from './relaying-fleet.ts';
import {
  COMPUTE_PAIRS,
  FULL_FIRST,
  PLAN,
  positionBytes,
  RELAY_EXITS,
  relayFirst,
  relayRows,
  STEP_BYTES,
  sameAnswers,
  sameTokens,
  savedOfShare,
  WANTED_EXIT,
  WIRE_FORMATS,
} from './rows.ts';

/** What going on where another node stopped saves, moves and changes. */
export const relayCase: BenchCase = {
  name: 'relay',
  title:
    'one process stops at an exit, another goes on from its features over NATS, beside starting over; prompts of 128 tokens and more',
  rows: relayRows,
  run: async context => {
    const rounds = createRoundCollector();
    const questions = await readHeldOutQuestions();
    await using fleet = await startRelayingFleet(context);
    const run: Run = { context, rounds, fleet, question: longPrompt(questions) };
    await measureSavings(run);
    await measureBytes(run);
    await measureAgreement(run, questions);
    return rounds.measurements;
  },
};

interface Run {
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
  readonly fleet: RelayingFleet;
  readonly question: string;
}

/** Several questions in one: some 200 tokens. */
function longPrompt(questions: readonly HeldOutQuestion[]): string {
  return questions
    .slice(0, 4)
    .map(({ question }) => question)
    .join(' ');
}

/** Only computing is timed, at the node that goes on; the source holds the session, as one does that was answering. */
async function measureSavings({ context, rounds, fleet, question }: Run): Promise<void> {
  const session = 'savings';
  const first = async (exit: number): Promise<number> => {
    const how =
      exit === 0
        ? ({ way: 'ids' } as const)
        : ({ way: 'features', wireFormat: 'fp32', source: sourceOf('fp32'), layer: exit, session } as const);
    const { compute, promptTokens } = await fleet.goOn('fp32', { question, maxTokens: 1, ...how });
    if (promptTokens < 128) throw new Error(`the prompt has ${promptTokens} tokens, 128 were promised`);
    return compute.firstMs;
  };
  const exits = [0, ...RELAY_EXITS];
  for (const exit of exits) await first(exit); // what only a first run costs
  await repeatRounds(context, PLAN.savingRounds, async round => {
    const times = new Map<number, number>();
    for (const exit of interleave(exits, round)) times.set(exit, await first(exit));
    const full = times.get(0) ?? Number.NaN;
    rounds.add(FULL_FIRST, full);
    for (const exit of RELAY_EXITS) {
      const relayed = times.get(exit) ?? Number.NaN;
      rounds.add(relayFirst(exit), relayed);
      rounds.add(savedOfShare(exit), (1 - relayed / full) / (exit / (WANTED_EXIT + 1)));
    }
  });
}

const BYTE_RUNS = 10;
const STEP_TOKENS = 16;
const IDLE_MS = 3000;

/** Everything the source sends is counted, subjects too; what it sends while nothing is asked of it is taken off. */
async function measureBytes({ context, rounds, fleet, question }: Run): Promise<void> {
  const { goOn, bytesSent } = fleet;
  const clock = createSystemClock({ keepAlive: true });
  const beforeIdle = bytesSent();
  await sleep(clock, IDLE_MS, context.signal);
  const idlePerMs = (bytesSent() - beforeIdle) / IDLE_MS;
  const sentBy = async (request: { wireFormat: 'fp32' | 'fp16' | 'int8'; maxTokens: number }) => {
    const [before, beganMs] = [bytesSent(), clock.nowMs()];
    const source = { source: sourceOf('fp32'), layer: 5, session: 'bytes' };
    const summary = await goOn('fp32', { question, way: 'features', ...source, ...request });
    return { bytes: bytesSent() - before - idlePerMs * (clock.nowMs() - beganMs), summary };
  };
  await repeatRounds(context, PLAN.byteRounds, async () => {
    for (const wireFormat of WIRE_FORMATS) {
      let sum = 0;
      for (let run = 0; run < BYTE_RUNS; run++) {
        const { bytes, summary } = await sentBy({ wireFormat, maxTokens: 1 });
        sum += bytes / summary.promptTokens;
      }
      rounds.add(positionBytes(wireFormat), sum / BYTE_RUNS);
    }
    let [bytes, steps] = [0, 0];
    for (let run = 0; run < BYTE_RUNS; run++) {
      const opening = await sentBy({ wireFormat: 'int8', maxTokens: 1 });
      const whole = await sentBy({ wireFormat: 'int8', maxTokens: STEP_TOKENS });
      bytes += whole.bytes - opening.bytes;
      steps += whole.summary.transfer.steps;
    }
    rounds.add(STEP_BYTES, bytes / steps);
  });
}

/** Free-running answers of held-out questions, each from its beginning, against the fp32 node alone. */
async function measureAgreement({ context, rounds, fleet }: Run, questions: readonly HeldOutQuestion[]): Promise<void> {
  const count = context.quick ? PLAN.agreementQuestions.quick : PLAN.agreementQuestions.full;
  const kinds = new Set(questions.map(({ kind }) => kind)).size;
  const chosen = chooseRounds(questions, Math.ceil(count / kinds), createSeededRandom('relay'))
    .flat()
    .slice(0, count);
  const tallies = new Map<string, { same: number; of: number }>();
  const add = (metric: string, same: number, of: number): void => {
    const past = tallies.get(metric) ?? { same: 0, of: 0 };
    tallies.set(metric, { same: past.same + same, of: past.of + of });
  };
  for (const [index, { question }] of chosen.entries()) {
    context.signal.throwIfAborted();
    if (index % 25 === 0) context.progress(`question ${index + 1} of ${chosen.length}`);
    const alone = await fleet.goOn('fp32', { question, way: 'ids' });
    for (const pair of COMPUTE_PAIRS) {
      for (const wireFormat of WIRE_FORMATS) {
        const source = { source: sourceOf(pair[0]), layer: 5 };
        const { tokens } = await fleet.goOn(pair[1], { question, way: 'features', wireFormat, ...source });
        const longer = Math.max(tokens.length, alone.tokens.length);
        const same = tokens.filter((token, place) => token === alone.tokens[place]).length;
        add(sameTokens(pair, wireFormat), same, longer);
        add(sameAnswers(pair, wireFormat), same === longer ? 1 : 0, 1);
      }
    }
  }
  for (const [metric, { same, of }] of tallies) rounds.add(metric, same / of);
}
