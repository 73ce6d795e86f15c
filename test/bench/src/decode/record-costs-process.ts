// SPDX-License-Identifier: Apache-2.0
//
// `node record-costs-process.js [QUESTIONS]`: measures costs and acceptance of the shipped family on this machine and
// keeps them for the grid. Run it on a machine that does nothing else; 40 questions (the default) take some minutes.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createDeskVerifier,
  createEngineDrafter,
  createVerifierDesk,
  type PositionCount,
  runSession,
} from '@aiflow/decode';
import { createEngine, type Logger, type MeasuringEngine, openFamilyFolder, openTokenizer } from '@aiflow/model';
import { POSITION_GROUPS, positionGroup } from '@aiflow/placement';
import { createSeededRandom, createSystemClock } from '@aiflow/time';
import { chooseRounds, readHeldOutQuestions } from '../answers/held-out-questions.ts';
import { repositoryFolder } from '../harness/bench-folder.ts';
import { DRAFT_EXIT, MIDDLE_EXIT, REFERENCE_EXIT } from './grid-cell.ts';
import { RECORDED_COSTS_FILE, type RecordedCosts } from './recorded-costs.ts';

const EXITS = [DRAFT_EXIT, MIDDLE_EXIT, REFERENCE_EXIT];
const PAIRS = [
  [DRAFT_EXIT, MIDDLE_EXIT],
  [DRAFT_EXIT, REFERENCE_EXIT],
  [MIDDLE_EXIT, REFERENCE_EXIT],
] as const;
const BLOCKS = [1, 2, 4, 8, 16, 32];
const CONTEXT_TOKENS = 96;
const ANSWER_TOKENS = 60;
const NOTHING: PositionCount = { judged: 0, accepted: 0 };
/** So many tokens a group's share is drawn to the mean by. */
const FEW_TOKENS = 20;

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = createSystemClock({ keepAlive: true });
const familyFolder = dirname(createRequire(import.meta.url).resolve('@aiflow/family-nano/package.json'));
const cacheFolder = await mkdtemp(join(tmpdir(), 'aiflow-costs-'));
try {
  await using engine = await createEngine(
    { clock, logger: silent },
    { familyFolder, exits: EXITS, format: 'fp32', cacheFolder },
  );
  const recorded = await record(engine, Number(process.argv[2] ?? 40));
  await writeFile(RECORDED_COSTS_FILE, `${JSON.stringify(recorded, null, 2)}\n`);
} finally {
  await rm(cacheFolder, { recursive: true, force: true });
}

async function record(engine: MeasuringEngine, questions: number): Promise<RecordedCosts> {
  const prompts = await readPrompts(questions);
  const costs: Record<string, RecordedCosts['costs'][string]> = {};
  // The first runs of a process are slower than all that follow: they would be held against the first exit alone.
  for (const exit of EXITS) await measureCost(engine, exit);
  for (const exit of EXITS) costs[exit] = await measureCost(engine, exit);
  const acceptance: RecordedCosts['acceptance'][number][] = [];
  const agreement: Record<string, number> = {};
  for (const [draftExit, judgeExit] of PAIRS) {
    const groups = await countAcceptance(engine, prompts, { draftExit, judgeExit });
    acceptance.push({ draftExit, judgeExit, byPosition: sharesOf(groups) });
    if (judgeExit === REFERENCE_EXIT) agreement[draftExit] = shareOf(addUp(groups));
    process.stderr.write(`exit ${draftExit} judged by exit ${judgeExit}: ${groups.map(describe).join(' ')}\n`);
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: repositoryFolder }).toString().trim();
  const how = `Blocks at context ${CONTEXT_TOKENS}, fp32, one thread; acceptance by place over ${prompts.length} held-out questions, at ${commit}.`;
  const meanPrompt = prompts.reduce((sum, prompt) => sum + prompt.length, 0) / prompts.length;
  return {
    date: new Date(clock.wallMs()).toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.versions.node}`,
    ...{ how, costs, acceptance, promptTokens: Math.round(meanPrompt), answerTokens: ANSWER_TOKENS },
    agreement,
  };
}

async function readPrompts(questions: number): Promise<readonly (readonly number[])[]> {
  const tokenizer = await openTokenizer(await openFamilyFolder(familyFolder));
  const long = (await readHeldOutQuestions()).filter(({ answer }) => answer.length >= 60);
  const rounds = chooseRounds(long, questions, createSeededRandom('costs'));
  return rounds
    .flat()
    .slice(0, questions)
    .map(({ question }) => tokenizer.encodeQuestion(question));
}

async function measureCost(engine: MeasuringEngine, exit: number): Promise<RecordedCosts['costs'][string]> {
  const curve = await engine.measureVerifyCurve({ exit, tokens: BLOCKS, promptLength: CONTEXT_TOKENS, repeats: 15 });
  const verify = curve.map(({ tokens, ms }) => ({ tokens, ms: Number(ms.toFixed(3)) }));
  return { stepMs: verify[0]?.ms ?? Number.NaN, verify };
}

/** Lets one exit draft and another judge, on the one engine, as a device and a cloud would. */
async function countAcceptance(
  engine: MeasuringEngine,
  prompts: readonly (readonly number[])[],
  { draftExit, judgeExit }: { readonly draftExit: number; readonly judgeExit: number },
): Promise<readonly PositionCount[]> {
  const sums = POSITION_GROUPS.map(() => ({ judged: 0, accepted: 0 }));
  for (const [at, prompt] of prompts.entries()) {
    const subject = { session: `costs-${draftExit}-${judgeExit}-${at}`, prompt };
    const drafter = createEngineDrafter(
      engine,
      { ...subject, session: `${subject.session}-own` },
      { node: 'device', tier: 'device' },
    );
    const member = { node: 'cloud', tier: 'cloud', exit: judgeExit, format: 'fp32' } as const;
    const judge = createDeskVerifier(createVerifierDesk(engine), member, subject);
    const tiers = [{ tier: 'cloud', exit: judgeExit, candidates: [judge] } as const];
    const result = await runSession(
      { drafter, tiers, clock },
      { draftExit, maxTokens: 2 * ANSWER_TOKENS, deadlineMs: 120_000 },
    );
    for (const [group, count] of (result.tiers[1]?.byPosition ?? []).entries()) {
      const past = sums[group] ?? { judged: 0, accepted: 0 };
      sums[group] = { judged: past.judged + count.judged, accepted: past.accepted + count.accepted };
    }
  }
  return sums;
}

/** By place: each place of a group has the group's share. */
function sharesOf(groups: readonly PositionCount[]): readonly number[] {
  const places = (POSITION_GROUPS.at(-1) ?? 0) + 1;
  const mean = shareOf(addUp(groups));
  return Array.from({ length: places }, (_, place) => {
    const { judged, accepted } = groups[positionGroup(place)] ?? NOTHING;
    return shareOf({ judged: judged + FEW_TOKENS, accepted: accepted + FEW_TOKENS * mean });
  });
}

function addUp(groups: readonly PositionCount[]): PositionCount {
  return groups.reduce(
    (sum, { judged, accepted }) => ({ judged: sum.judged + judged, accepted: sum.accepted + accepted }),
    NOTHING,
  );
}

function shareOf({ judged, accepted }: PositionCount): number {
  return Number((accepted / Math.max(1, judged)).toFixed(4));
}

function describe({ judged, accepted }: PositionCount): string {
  return `${accepted}/${judged}`;
}
