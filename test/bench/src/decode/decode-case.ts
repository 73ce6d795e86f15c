// SPDX-License-Identifier: Apache-2.0

import type { HeldOutQuestion } from '@aiflow/model';
import type { AnswerResult } from '@aiflow/node';
import { createSeededRandom } from '@aiflow/time';
import { chooseRounds, readHeldOutQuestions } from '../answers/held-out-questions.ts';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import { type LinkedFleet, startLinkedFleet } from './linked-fleet.ts';
import {
  CELLS,
  type Cell,
  cellMetric,
  DEVICE_FACTORS,
  decodeRows,
  MISMATCHES,
  MODES,
  type Mode,
  ROUNDS,
} from './rows.ts';

/** What answering together gains or loses over the cloud alone, by link and device, as real processes. */
export const decodeCase: BenchCase = {
  name: 'decode',
  title:
    'one answer by two and three tiers beside the cloud alone, the same text, over emulated links and slower devices',
  rows: decodeRows,
  run: async context => {
    const rounds = createRoundCollector();
    const questions = await longQuestions(context.quick ? ROUNDS.quick : ROUNDS.full);
    let mismatches = 0;
    for (const deviceFactor of DEVICE_FACTORS) {
      await using fleet = await startLinkedFleet(context, deviceFactor);
      for (const cell of CELLS.filter(other => other.deviceFactor === deviceFactor)) {
        mismatches += await measureCell({ context, fleet, rounds, questions }, cell);
      }
    }
    rounds.add(MISMATCHES, mismatches);
    return rounds.measurements;
  },
};

interface CellParts {
  readonly context: CaseContext;
  readonly fleet: LinkedFleet;
  readonly rounds: RoundCollector;
  readonly questions: readonly HeldOutQuestion[];
}

const ALL_MODES = Object.keys(MODES) as Mode[];
const DEADLINE_MS = 60_000;

/** Returns how many answers differed from the cloud's own. */
async function measureCell({ context, fleet, rounds, questions }: CellParts, cell: Cell): Promise<number> {
  fleet.setRoundTrip(cell.roundTripMs);
  let mismatches = 0;
  const ask = (question: string, tiers: Mode): PromiseLike<AnswerResult> =>
    fleet.client.ask(question, { tiers, at: 'device-1', deadlineMs: DEADLINE_MS, signal: context.signal });
  for (const mode of ALL_MODES) await ask(questions[0]?.question ?? '', mode); // warms caches and links
  await repeatRounds(
    { ...context, progress: line => context.progress(`${cellMetric(cell, 'three')}: ${line}`) },
    ROUNDS,
    async round => {
      const { question } = questions[round % questions.length] ?? { question: '' };
      const texts = new Map<Mode, string>();
      for (const mode of interleave(ALL_MODES, round)) {
        const { text, summary } = await ask(question, mode);
        texts.set(mode, text);
        rounds.add(cellMetric(cell, mode), summary.durationMs / summary.answerTokens);
      }
      mismatches += [...texts.values()].filter(text => text !== texts.get('cloud-only')).length;
    },
  );
  return mismatches;
}

const MOST_CHARACTERS = 130;
const FEWEST_CHARACTERS = 80;

/** Questions whose answers have about 60 tokens, digits counting one each. */
async function longQuestions(count: number): Promise<readonly HeldOutQuestion[]> {
  const fitting = (await readHeldOutQuestions()).filter(
    ({ answer }) => answer.length >= FEWEST_CHARACTERS && answer.length <= MOST_CHARACTERS,
  );
  return chooseRounds(fitting, count, createSeededRandom('decode')).flat().slice(0, count);
}
