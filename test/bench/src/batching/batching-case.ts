// SPDX-License-Identifier: Apache-2.0
//
// What it is worth that a verifier judges blocks of several devices in one pass, and how near to exact int8 judges.
import { createVerifierDesk } from '@aiflow/decode';
import { createSeededRandom } from '@aiflow/time';
import { chooseRounds, readHeldOutQuestions } from '../answers/held-out-questions.ts';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import { countMismatches } from './count-mismatches.ts';
import { type BatchingEngines, openEngines } from './open-engines.ts';
import { answerAlone, type RecordedAnswer, recordAnswer } from './record-drafts.ts';
import { type ReplayFigures, replayDrafts } from './replay-drafts.ts';
import {
  batchingRows,
  batchSizeMetric,
  COMPARISONS,
  changedMetric,
  DEVICES,
  DIFFERING,
  JUDGE_FORMATS,
  type JudgeFormat,
  lengthMetric,
  mismatchMetric,
  PLAN,
  rateMetric,
  WAYS,
  type Way,
} from './rows.ts';

/** Many devices at one verifier's desk, in closed loop; and the mismatches of int8. */
export const batchingCase: BenchCase = {
  name: 'batching',
  title: `${DEVICES} devices that replay drafts of exit 1 to one verifier of exit 11, which judges blocks together or one at a time; how near to exact int8 is`,
  rows: batchingRows,
  run: async context => {
    const rounds = createRoundCollector();
    await using engines = await openEngines();
    const run: Run = { context, rounds, engines };
    await measureBatching(run);
    if (!context.quick) await measureNearExact(run);
    return rounds.measurements;
  },
};

interface Run {
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
  readonly engines: BatchingEngines;
}

const DEVICE_ANSWER = { fewestCharacters: 100, maxTokens: 60 } as const;

/** Each way drives the desk as the verifier role does, which leaves its options as they are. */
async function measureBatching(run: Run): Promise<void> {
  const { context, rounds } = run;
  context.progress(`${DEVICES} devices draft, once for each format of the verifier`);
  const prompts = await choosePrompts(run, DEVICES, DEVICE_ANSWER.fewestCharacters);
  const answers = new Map<JudgeFormat, readonly RecordedAnswer[]>();
  for (const format of JUDGE_FORMATS)
    answers.set(format, await recordAll(run, { format, prompts, maxTokens: DEVICE_ANSWER.maxTokens }));
  const measure = (format: JudgeFormat, way: Way): Promise<WayFigures> =>
    measureWay(run, { format, way, answers: answers.get(format) ?? [] });
  // A first batch of each size loads graphs.
  for (const format of JUDGE_FORMATS) for (const way of WAYS) await measure(format, way);
  let differing = 0;
  await repeatRounds(context, PLAN.rounds, async round => {
    for (const format of interleave(JUDGE_FORMATS, round)) {
      for (const way of interleave(WAYS, round)) {
        const figures = await measure(format, way);
        rounds.add(rateMetric(format, way), (1000 * figures.verifiedTokens) / figures.elapsedMs);
        if (way === 'batched') rounds.add(batchSizeMetric(format), figures.blocksPerCall);
        differing += figures.differing;
      }
    }
  });
  rounds.add(DIFFERING, differing);
}

interface WayFigures extends ReplayFigures {
  readonly blocksPerCall: number;
}

interface MeasuredWay {
  readonly format: JudgeFormat;
  readonly way: Way;
  readonly answers: readonly RecordedAnswer[];
}

async function measureWay({ context, engines }: Run, { format, way, answers }: MeasuredWay): Promise<WayFigures> {
  const desk = createVerifierDesk(engines.judges[format], way === 'batched' ? {} : { maxBatch: 1 });
  let [verifiedTokens, elapsedMs, differing] = [0, 0, 0];
  for (let pass = 0; pass < (context.quick ? PLAN.passes.quick : PLAN.passes.full); pass++) {
    const figures = await replayDrafts(desk, { answers, nowMs: () => performance.now(), signal: context.signal });
    verifiedTokens += figures.verifiedTokens;
    elapsedMs += figures.elapsedMs;
    differing += figures.differing;
  }
  const { blocks, calls } = desk.batches;
  return { verifiedTokens, elapsedMs, differing, blocksPerCall: blocks / calls };
}

const NEAR_EXACT_TOKENS = 96;

/** Free-running answers: what was committed block by block beside what the judge's exit says token by token. */
async function measureNearExact(run: Run): Promise<void> {
  const { context, rounds, engines } = run;
  const prompts = await choosePrompts(run, PLAN.nearExactQuestions, 0);
  const committed = new Map<JudgeFormat, readonly (readonly number[])[]>();
  const alone = new Map<JudgeFormat, readonly (readonly number[])[]>();
  for (const format of JUDGE_FORMATS) {
    context.progress(`${prompts.length} answers judged by ${format} and by it alone`);
    const recorded = await recordAll(run, { format, prompts, maxTokens: NEAR_EXACT_TOKENS });
    committed.set(
      format,
      recorded.map(({ tokens }) => tokens),
    );
    const said: (readonly number[])[] = [];
    for (const prompt of prompts) {
      context.signal.throwIfAborted();
      said.push(await answerAlone(engines.judges[format], prompt, NEAR_EXACT_TOKENS));
    }
    alone.set(format, said);
  }
  for (const [judge, lone] of COMPARISONS) {
    const count = countMismatches(committed.get(judge) ?? [], alone.get(lone) ?? [], NEAR_EXACT_TOKENS);
    if (judge === lone) rounds.add(lengthMetric(judge), count.tokens);
    rounds.add(mismatchMetric(judge, lone), (1000 * count.mismatches) / count.tokens);
    rounds.add(changedMetric(judge, lone), count.changedAnswers);
  }
}

interface Recorded {
  readonly format: JudgeFormat;
  readonly prompts: readonly (readonly number[])[];
  readonly maxTokens: number;
}

async function recordAll(
  { context, engines }: Run,
  { format, prompts, maxTokens }: Recorded,
): Promise<readonly RecordedAnswer[]> {
  const pair = { drafter: engines.drafter, judge: engines.judges[format] };
  const answers: RecordedAnswer[] = [];
  for (const prompt of prompts) {
    context.signal.throwIfAborted();
    answers.push(await recordAnswer(pair, prompt, maxTokens));
  }
  return answers;
}

/** Held-out questions of every kind, with answers of so many characters and more. */
async function choosePrompts(
  { engines }: Run,
  count: number,
  fewestCharacters: number,
): Promise<readonly (readonly number[])[]> {
  const fitting = (await readHeldOutQuestions()).filter(({ answer }) => answer.length >= fewestCharacters);
  const chosen = chooseRounds(fitting, count, createSeededRandom('batching')).flat().slice(0, count);
  if (chosen.length < count) throw new Error(`${chosen.length} held-out questions fit, ${count} are needed`);
  return chosen.map(({ question }) => engines.tokenizer.encodeQuestion(question));
}
