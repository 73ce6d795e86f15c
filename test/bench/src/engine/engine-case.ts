// SPDX-License-Identifier: Apache-2.0
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededRandom } from '@aiflow/time';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { repositoryFolder } from '../harness/bench-folder.ts';
import { type CleanUp, createCleanUp } from '../harness/clean-up.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { type DrivenProcess, startDrivenProcess } from '../harness/driven-process.ts';
import { hasPeers, installPeers } from '../harness/peers.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import type { ContenderName, DecodeFigures } from './contenders/contender.ts';
import type { DecodeCommand } from './decode-process.ts';
import { type LoneModel, readLoneModel } from './lone-model.ts';
import { writePeerFiles } from './peer-files.ts';
import {
  againstMetric,
  blockAgainstMetric,
  CONTEXTS,
  type ContextLength,
  decodeMetric,
  engineRows,
  FORMATS,
  overheadMetric,
  TIMED_TOKENS,
  VERIFY_BLOCK,
  VERIFY_CONTEXT,
  verifyMetric,
} from './rows.ts';

/** Greedy decoding of one session on one thread, with the same weights in every program. */
export const engineCase: BenchCase = {
  name: 'engine',
  title: "the family's deepest exit on one thread, one session, the same weights in each program; ms a token",
  rows: engineRows,
  run: async context => {
    const rounds = createRoundCollector();
    await using cleanUp = createCleanUp();
    const folder = await mkdtemp(join(tmpdir(), 'aiflow-bench-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    const familyFolder = await findFamily();
    const model = await readLoneModel(familyFolder);
    const withPeers = await arePeersReady(context, rounds);
    if (withPeers) await writePeerFiles(folder, model);
    const start = { context, rounds, cleanUp, folder, familyFolder };
    const contenders = await startAll(start, withPeers);
    const prompts = await choosePrompts(contenders, model);
    await checkAgreement({ contenders, prompts, context, rounds });
    await measureRounds({ contenders, prompts, context, rounds });
    return rounds.measurements;
  },
};

interface Contender {
  readonly name: ContenderName;
  readonly label: string;
  readonly ours: boolean;
  readonly process: DrivenProcess<DecodeCommand>;
}

interface Start {
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
  readonly cleanUp: CleanUp;
  readonly folder: string;
  readonly familyFolder: string;
}

interface Run {
  readonly contenders: readonly Contender[];
  readonly prompts: ReadonlyMap<number, readonly number[]>;
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
}

/** The shipped family, or the one that AIFLOW_BENCH_FAMILY names. */
async function findFamily(): Promise<string> {
  const folder = process.env.AIFLOW_BENCH_FAMILY ?? join(repositoryFolder, 'packages/family-nano');
  await access(join(folder, 'manifest.json')).catch(() => {
    throw new Error(`${folder} holds no family: set AIFLOW_BENCH_FAMILY to a folder with a manifest.json`);
  });
  return folder;
}

/** A quick run does not wait for an install: what needs peers comes from the recording. */
async function arePeersReady({ quick, progress }: CaseContext, rounds: RoundCollector): Promise<boolean> {
  if (quick) return hasPeers('inference');
  const install = await installPeers('inference', progress);
  if (install.ready) return true;
  const labels = FORMATS.flatMap(({ peers }) => peers.map(({ label }) => label));
  for (const label of labels) markUnavailable(rounds, label, install.reason);
  return false;
}

async function startAll(start: Start, withPeers: boolean): Promise<readonly Contender[]> {
  const contenders: Contender[] = [];
  for (const { ours, label, peers } of FORMATS) {
    await tryStart(start, { name: ours, label, ours: true }, contenders);
    for (const peer of withPeers ? peers : []) {
      await tryStart(start, { name: peer.name, label: peer.label, ours: false }, contenders);
    }
  }
  return contenders;
}

async function tryStart(start: Start, contender: Omit<Contender, 'process'>, into: Contender[]): Promise<void> {
  const { context, cleanUp, folder, familyFolder, rounds } = start;
  const { name, label } = contender;
  context.signal.throwIfAborted();
  context.progress(`start ${label}`);
  try {
    const file = join(import.meta.dirname, 'decode-process.js');
    const args = [name, familyFolder, folder];
    const process = cleanUp.use(await startDrivenProcess<DecodeCommand>({ name, file, args, startLimitMs: 60_000 }));
    into.push({ ...contender, process });
  } catch (error) {
    markUnavailable(rounds, label, `did not start: ${messageOf(error)}`);
  }
}

/** Every row that speaks of `label` is without a value. */
function markUnavailable(rounds: RoundCollector, label: string, reason: string): void {
  for (const { metric } of engineRows) {
    if (metric.includes(label)) rounds.unavailable(metric, `${label}: ${reason}`);
  }
}

/** For each context a text of random tokens which our engines continue without ending. */
async function choosePrompts(
  contenders: readonly Contender[],
  model: LoneModel,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const engines = contenders.filter(({ ours }) => ours);
  if (engines.length < FORMATS.length)
    throw new Error('an engine of ours did not start, and the others are held against it');
  const prompts = new Map([[VERIFY_CONTEXT, randomPrompt(model, VERIFY_CONTEXT, 0)]]);
  for (const context of CONTEXTS)
    prompts.set(promptLength(context), await findLongAnswer(engines, model, promptLength(context)));
  return prompts;
}

const PROMPT_TRIES = 40;

async function findLongAnswer(
  engines: readonly Contender[],
  model: LoneModel,
  length: number,
): Promise<readonly number[]> {
  for (let attempt = 0; attempt < PROMPT_TRIES; attempt++) {
    const prompt = randomPrompt(model, length, attempt);
    const isLong = async (engine: Contender): Promise<boolean> =>
      (await decode(engine, prompt)).tokens.length === TIMED_TOKENS + 1;
    if ((await Promise.all(engines.map(isLong))).every(Boolean)) return prompt;
  }
  throw new Error(`no text of ${length} tokens among ${PROMPT_TRIES} was continued by ${TIMED_TOKENS + 1} tokens`);
}

function randomPrompt({ dimensions }: LoneModel, length: number, attempt: number): readonly number[] {
  const random = createSeededRandom(`prompt ${length} ${attempt}`);
  return Array.from({ length }, () => SPECIALS + random.below(dimensions.vocabulary - SPECIALS));
}

/** Ids below are control tokens. */
const SPECIALS = 16;

/** So that the timed tokens lie around the context's length. */
function promptLength(context: ContextLength): number {
  return context - TIMED_TOKENS / 2;
}

/** In full precision a peer that says something else than we do runs another model: it is not timed. */
async function checkAgreement({ contenders, prompts, context, rounds }: Run): Promise<void> {
  const reference = contenders.find(({ name }) => name === 'aiflow-fp32');
  for (const peer of contenders.filter(({ name }) => name === 'llama-f32' || name === 'transformers-fp32')) {
    for (const length of CONTEXTS.map(promptLength)) {
      context.signal.throwIfAborted();
      const prompt = prompts.get(length) ?? [];
      const [expected, found] = await Promise.all([reference, peer].map(side => side && decode(side, prompt)));
      const same = found?.tokens.findIndex((token, index) => token !== expected?.tokens[index]);
      if (same === -1) continue;
      markUnavailable(rounds, peer.label, `its greedy tokens differ from ours after ${same} at context ${length}`);
    }
  }
}

async function measureRounds(run: Run): Promise<void> {
  const { context, contenders, rounds } = run;
  await repeatRounds(context, { full: 9, quick: 3 }, async round => {
    for (const contender of interleave(contenders, round)) {
      context.signal.throwIfAborted();
      try {
        for (const length of CONTEXTS) await measureDecode(run, contender, length);
        if (!contender.name.startsWith('transformers')) await measureVerify(run, contender);
      } catch (error) {
        markUnavailable(rounds, contender.label, messageOf(error));
      }
    }
  });
}

async function measureDecode(
  { prompts, rounds, contenders }: Run,
  contender: Contender,
  context: ContextLength,
): Promise<void> {
  const figures = await decode(contender, prompts.get(promptLength(context)) ?? []);
  if (figures.tokens.length !== TIMED_TOKENS + 1) throw new Error(`answered ${figures.tokens.length} tokens`);
  if (!contender.ours) return rounds.add(decodeMetric(contender.label, context), figures.msPerToken);
  for (const peer of peersOf(contender, contenders)) {
    rounds.add(againstMetric(contender.label, peer, context), figures.msPerToken);
  }
  if (context === 64) rounds.add(overheadMetric(contender.label), figures.overheadShare ?? Number.NaN);
}

async function measureVerify({ prompts, rounds, contenders }: Run, contender: Contender): Promise<void> {
  const prompt = prompts.get(VERIFY_CONTEXT) ?? [];
  const step = (tokens: number): Promise<number> =>
    contender.process.request({ kind: 'verify', prompt, block: prompt.slice(0, tokens) }) as Promise<number>;
  if (!contender.ours) return rounds.add(verifyMetric(contender.label, VERIFY_BLOCK), await step(VERIFY_BLOCK));
  rounds.add(verifyMetric(contender.label, 1), await step(1));
  const blockMs = await step(VERIFY_BLOCK);
  rounds.add(verifyMetric(contender.label, VERIFY_BLOCK), blockMs);
  for (const peer of peersOf(contender, contenders)) {
    if (peer.includes('llama')) rounds.add(blockAgainstMetric(contender.label, peer), blockMs);
  }
}

/** Labels of the peers of the same format that take part. */
function peersOf(contender: Contender, contenders: readonly Contender[]): readonly string[] {
  const peers = FORMATS.find(({ ours }) => ours === contender.name)?.peers ?? [];
  return peers.filter(({ name }) => contenders.some(other => other.name === name)).map(({ label }) => label);
}

function decode({ process }: Contender, prompt: readonly number[]): Promise<DecodeFigures> {
  return process.request({ kind: 'decode', prompt, count: TIMED_TOKENS }) as Promise<DecodeFigures>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
