// SPDX-License-Identifier: Apache-2.0
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase, CaseContext } from '../harness/bench-case.ts';
import { repositoryFolder } from '../harness/bench-folder.ts';
import { type CleanUp, createCleanUp } from '../harness/clean-up.ts';
import { createRoundCollector, interleave, type RoundCollector } from '../harness/collect-rounds.ts';
import { startDrivenProcess } from '../harness/driven-process.ts';
import { hasPeers, installPeers } from '../harness/peers.ts';
import { repeatRounds } from '../harness/repeat-rounds.ts';
import {
  type Contender,
  choosePrompts,
  decode,
  PROMPT_TRIES,
  type Prompts,
  promptKey,
  promptLength,
  randomPrompt,
} from './choose-prompts.ts';
import type { DecodeCommand } from './decode-process.ts';
import { type LoneModel, readLoneModel } from './lone-model.ts';
import { markOwnUnavailable, measureOwnOnce, measureOwnRound, type OwnRun } from './measure-own.ts';
import type { OwnCommand } from './own-process.ts';
import { writePeerFiles } from './peer-files.ts';
import {
  againstMetric,
  CONTEXTS,
  type ContextLength,
  decodeMetric,
  engineRows,
  FORMATS,
  overheadMetric,
  STEP_CONTEXT,
  STEP_SIZES,
  stepAgainstMetric,
  stepMetric,
  TIMED_TOKENS,
} from './rows.ts';

/** Greedy decoding of one session on one thread, with the same weights in every program. */
export const engineCase: BenchCase = {
  name: 'engine',
  title:
    "the family's deepest exit on one thread, the same weights in each program; several sessions and steadiness of ours",
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
    const run = { contenders, prompts, model, context, rounds };
    await checkAgreement(run);
    const own = await startOwn(start);
    await measureRounds(run, own);
    if (own !== undefined) await tryOwn(own, measureOwnOnce);
    return rounds.measurements;
  },
};

interface Start {
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
  readonly cleanUp: CleanUp;
  readonly folder: string;
  readonly familyFolder: string;
}

interface Run {
  readonly contenders: readonly Contender[];
  readonly prompts: Prompts;
  readonly model: LoneModel;
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
    await tryStart(start, { name: ours, label, ours: true, format: ours }, contenders);
    for (const peer of withPeers ? peers : []) {
      await tryStart(start, { name: peer.name, label: peer.label, ours: false, format: ours }, contenders);
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

/** In full precision a peer that says something else than we do runs another model: it is not timed. */
async function checkAgreement({ contenders, prompts, context, rounds }: Run): Promise<void> {
  const reference = contenders.find(({ name }) => name === 'aiflow-fp32');
  for (const peer of contenders.filter(({ name }) => name === 'llama-f32' || name === 'transformers-fp32')) {
    for (const length of CONTEXTS.map(promptLength)) {
      context.signal.throwIfAborted();
      const prompt = prompts.get(promptKey(peer.format, length));
      if (prompt === undefined) continue;
      const [expected, found] = await Promise.all([reference, peer].map(side => side && decode(side, prompt)));
      const same = found?.tokens.findIndex((token, index) => token !== expected?.tokens[index]);
      if (same === -1) continue;
      markUnavailable(rounds, peer.label, `its greedy tokens differ from ours after ${same} at context ${length}`);
    }
  }
}

async function startOwn({ context, cleanUp, folder, familyFolder, rounds }: Start): Promise<OwnRun | undefined> {
  const file = join(import.meta.dirname, 'own-process.js');
  try {
    const options = { name: 'own', file, args: [familyFolder, folder], commandLimitMs: 5 * 60_000 };
    return { process: cleanUp.use(await startDrivenProcess<OwnCommand>(options)), context, rounds };
  } catch (error) {
    markOwnUnavailable(rounds, messageOf(error));
    return undefined;
  }
}

async function tryOwn(own: OwnRun, measure: (own: OwnRun) => Promise<void>): Promise<void> {
  await measure(own).catch(error => markOwnUnavailable(own.rounds, messageOf(error)));
}

async function measureRounds(run: Run, own: OwnRun | undefined): Promise<void> {
  const { context, contenders, rounds } = run;
  await repeatRounds(context, { full: 7, quick: 3 }, async round => {
    for (const contender of interleave(contenders, round)) {
      context.signal.throwIfAborted();
      try {
        for (const length of CONTEXTS) await measureDecode(run, contender, length);
        if (!contender.name.startsWith('transformers')) await measureSteps(run, contender);
      } catch (error) {
        markUnavailable(rounds, contender.label, messageOf(error));
      }
    }
    if (own !== undefined) await tryOwn(own, measureOwnRound);
  });
}

async function measureDecode(
  { prompts, rounds, contenders }: Run,
  contender: Contender,
  context: ContextLength,
): Promise<void> {
  const prompt = prompts.get(promptKey(contender.format, promptLength(context)));
  if (prompt === undefined) return markUntimed(rounds, contender.label, context);
  const figures = await decode(contender, prompt);
  if (figures.tokens.length !== TIMED_TOKENS + 1) throw new Error(`answered ${figures.tokens.length} tokens`);
  if (!contender.ours) return rounds.add(decodeMetric(contender.label, context), figures.msPerToken);
  for (const peer of peersOf(contender, contenders)) {
    rounds.add(againstMetric(contender.label, peer, context), figures.msPerToken);
  }
  if (context === 64) rounds.add(overheadMetric(contender.label), figures.overheadShare ?? Number.NaN);
}

/** The engine of this format ends every answer too early to be timed. */
function markUntimed(rounds: RoundCollector, label: string, context: ContextLength): void {
  const reason = `none of ${PROMPT_TRIES} texts before context ${context} was continued by ${TIMED_TOKENS + 1} tokens`;
  for (const { metric } of engineRows) {
    const speaksOfIt = metric.includes(label) && metric.startsWith('decode, ') && metric.endsWith(`context ${context}`);
    if (speaksOfIt) rounds.unavailable(metric, reason);
  }
  if (context === 64) rounds.unavailable(overheadMetric(label), reason);
}

async function measureSteps({ model, rounds, contenders }: Run, contender: Contender): Promise<void> {
  const prompt = randomPrompt(model, STEP_CONTEXT, 0);
  const { label, ours } = contender;
  const times = (await contender.process.request({ kind: 'step', prompt, sizes: STEP_SIZES })) as readonly number[];
  const llama = peersOf(contender, contenders).find(peer => peer.includes('llama'));
  STEP_SIZES.forEach((size, index) => {
    const ms = times[index] ?? Number.NaN;
    rounds.add(stepMetric(label, size), ms);
    if (ours && llama !== undefined) rounds.add(stepAgainstMetric(label, llama, size), ms);
  });
}

/** Labels of the peers of the same format that take part. */
function peersOf(contender: Contender, contenders: readonly Contender[]): readonly string[] {
  const peers = FORMATS.find(({ ours }) => ours === contender.name)?.peers ?? [];
  return peers.filter(({ name }) => contenders.some(other => other.name === name)).map(({ label }) => label);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
