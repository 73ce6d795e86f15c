// SPDX-License-Identifier: Apache-2.0
//
// Measures a family through the engine that nodes run, on the questions it was not trained on.
//
// F1  What was measured stays: each question's record is written down before the next one begins, and a later run with
//     the same weights and suite goes on there.
// F2  The same questions are chosen every time, and a smaller selection is part of a larger one.
// F3  Costs are measured last and alone, one host at a time, so that nothing of ours runs beside them.
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@aiflow/actor';
import {
  type ComputeFormat,
  createHostedEngine,
  type ExitChoice,
  type FamilyFolder,
  type FamilyTokenizer,
  type HostedEngine,
  openFamilyFolder,
  openTokenizer,
} from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import { resolvePolicy } from '@aiflow/roles';
import type { Clock } from '@aiflow/time';
import { type AnswerRecord, type MeasuredSize, nameSize } from './answer-record.ts';
import { chanceByKind, type HeldOutSuite, readSuite } from './held-out-suite.ts';
import { type ExitCosts, measureCosts } from './measure-costs.ts';
import { workInLanes } from './measure-lanes.ts';
import { lastRungOf, type MeasureLimits, type MeasurePart, planMeasurement } from './measure-plan.ts';
import { createMeasureProgress, type MeasureProgress } from './measure-progress.ts';
import {
  measureByBlocks,
  measureBySteps,
  measurePolicies,
  type QuestionPlace,
  type RiskPolicy,
} from './measure-question.ts';
import { hashManifest, type MeasuredFamily } from './measured-family.ts';
import { openPartialResults, type PartialResults } from './partial-results.ts';
import { sumUp } from './sum-up.ts';

/** What measuring works with. */
export interface MeasureCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Hears one line about each question, and each part that can't be measured. */
  readonly onProgress: (line: string) => void;
}

/** What to measure, and how much of it. */
export interface MeasureOptions extends MeasureLimits {
  readonly familyFolder: string;
  /** Holds built graphs and partial results. */
  readonly cacheFolder: string;
  /** Questions measured at once, each by a host of its own. Default: one a core. */
  readonly lanes?: number | undefined;
  /** Forget partial results of earlier runs. */
  readonly fresh?: boolean;
}

interface Measuring extends MeasureCollaborators {
  readonly options: MeasureOptions;
  readonly family: FamilyFolder;
  readonly tokenizer: FamilyTokenizer;
  readonly suite: HeldOutSuite;
  readonly parts: readonly MeasurePart[];
  readonly partial: PartialResults;
  readonly progress: MeasureProgress;
  readonly lanes: number;
}

/** Measures. Fails with `cancelled` when the signal aborts; what was measured until then is kept (F1). */
export async function measureFamily(
  collaborators: MeasureCollaborators,
  options: MeasureOptions,
): Promise<MeasuredFamily> {
  const manifestSha256 = await hashManifest(options.familyFolder);
  const measuring = await prepare(collaborators, options, manifestSha256);
  const { family, suite, parts, partial } = measuring;
  const { manifest } = family;
  const leftOut: string[] = [];
  const done: MeasurePart[] = [];
  for (const part of parts) {
    const refused = await measurePart(measuring, part);
    if (refused === undefined) done.push(part);
    else leftOut.push(refused);
  }
  const costs = await measureAllCosts(measuring, done);
  const recordsOf = (part: string): ReadonlyMap<string, AnswerRecord> => partial.of(part);
  const costsOf = (size: MeasuredSize, exit: number): ExitCosts | undefined => costs.get(`${nameSize(size)}/${exit}`);
  return {
    ...{ schema: 1, family: manifest.family, version: manifest.version, manifestSha256, suiteSha256: suite.sha256 },
    machine: { processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version },
    questions: suite.questions.length,
    kinds: describeKinds(suite),
    ...sumUp({ manifest, parts: done, recordsOf, costsOf }),
    leftOut,
  };
}

async function prepare(
  collaborators: MeasureCollaborators,
  options: MeasureOptions,
  manifestSha256: string,
): Promise<Measuring> {
  const family = await openFamilyFolder(options.familyFolder);
  const suite = await readSuite(options.familyFolder);
  const tokenizer = await openTokenizer(family);
  const parts = planMeasurement(family.manifest, suite, options);
  const name = `${family.manifest.family}-${manifestSha256.slice(0, 12)}-${suite.sha256.slice(0, 12)}.jsonl`;
  const partial = await openPartialResults(join(options.cacheFolder, 'measured', name));
  if (options.fresh === true) await partial.clear();
  const lanes = options.lanes ?? availableParallelism();
  const waiting = parts.map(({ questions, ...part }) => {
    const known = partial.of(part.name);
    return { ...part, questions: questions.filter(({ id }) => !known.has(id)).length };
  });
  const progress = createMeasureProgress(collaborators, waiting, lanes);
  return { ...collaborators, options, family, tokenizer, suite, parts, partial, progress, lanes };
}

/** Returns why the part can't be measured, where it can't. */
async function measurePart(measuring: Measuring, part: MeasurePart): Promise<string | undefined> {
  const { partial, lanes, signal, clock, progress, onProgress, family, tokenizer } = measuring;
  const known = partial.of(part.name);
  const waiting = part.questions.filter(({ id }) => !known.has(id));
  const policies = part.way === 'policies' ? policiesOf(measuring) : [];
  if (part.way === 'policies' && policies.length === 0) return 'policies: the manifest has no confidence table';
  const context = family.manifest.dimensions.context;
  try {
    await workInLanes(
      waiting,
      { lanes, open: () => openEngine(measuring, sizeExits(measuring, part.size), part.size.format), signal },
      async (engine, question) => {
        const beganMs = clock.nowMs();
        const found = await measureWay(part, { engine, tokenizer, context }, { question, policies, measuring });
        await partial.add({ part: part.name, question: question.id, kind: question.kind, ...found });
        progress.tick(part.name, clock.nowMs() - beganMs);
        onProgress(progress.line(part.name));
      },
    );
    return undefined;
  } catch (error) {
    const { code, message } = AiflowError.from(error);
    if (code !== 'unimplemented') throw error;
    return `${part.name}: ${message}`;
  }
}

function measureWay(
  part: MeasurePart,
  place: QuestionPlace,
  work: {
    readonly question: MeasurePart['questions'][number];
    readonly policies: readonly RiskPolicy[];
    readonly measuring: Measuring;
  },
): ReturnType<typeof measureByBlocks> {
  const { question, policies, measuring } = work;
  switch (part.way) {
    case 'blocks':
      return measureByBlocks(place, question);
    case 'policies':
      return measurePolicies(place, question, policies);
    case 'steps': {
      const [first] = measuring.parts;
      const reference = measuring.partial.of(first?.name ?? '').get(question.id)?.reference;
      if (reference === undefined) throw new AiflowError('internal', `question ${question.id} has no reference yet`);
      return measureBySteps(place, question, reference);
    }
  }
}

/** One policy for each risk that the manifest states. */
function policiesOf({ family: { manifest } }: Measuring): readonly RiskPolicy[] {
  const held = manifest.exits.map(({ depth }) => depth);
  const confidence = new Map(manifest.exits.map(({ depth, confidence }) => [depth, confidence]));
  const risks = new Set(manifest.exits.slice(0, -1).flatMap(exit => exit.confidence.map(({ risk }) => risk)));
  const facts = { family: manifest.family, held, last: held.at(-1) ?? 0, confidence };
  return [...risks]
    .sort((one, other) => one - other)
    .map(risk => ({ risk, policy: resolvePolicy({ risk }, facts).within }));
}

/** Every exit that has the rung. */
function sizeExits({ family }: Measuring, { rung }: MeasuredSize): readonly ExitChoice[] {
  return family.manifest.exits.filter(({ rungs }) => rungs.length >= rung).map(({ depth }) => ({ exit: depth, rung }));
}

function openEngine(
  { clock, logger, options }: Measuring,
  exits: readonly ExitChoice[],
  format: ComputeFormat,
): Promise<HostedEngine> {
  const { familyFolder, cacheFolder } = options;
  return createHostedEngine({ clock, logger }, { familyFolder, exits, format, cacheFolder });
}

/** F3 */
async function measureAllCosts(
  measuring: Measuring,
  parts: readonly MeasurePart[],
): Promise<ReadonlyMap<string, ExitCosts>> {
  const { family, tokenizer, signal, onProgress } = measuring;
  const last = lastRungOf(family.manifest);
  const [first] = parts;
  const prompts = (first?.questions ?? []).slice(0, 12).map(({ question }) => tokenizer.encodeQuestion(question));
  const costs = new Map<string, ExitCosts>();
  for (const { size } of parts.filter(({ way }) => way !== 'policies')) {
    for (const choice of sizeExits(measuring, size)) {
      signal.throwIfAborted();
      const exit = typeof choice === 'number' ? choice : choice.exit;
      onProgress(`costs: ${nameSize(size)} exit ${exit}`);
      await using engine = await openEngine(measuring, [choice], size.format);
      costs.set(
        `${nameSize(size)}/${exit}`,
        await measureCosts(engine, { exit, verifies: size.rung === last, prompts }),
      );
    }
  }
  return costs;
}

function describeKinds(suite: HeldOutSuite): MeasuredFamily['kinds'] {
  const chances = chanceByKind(suite);
  return suite.kinds.map(kind => {
    const questions = suite.questions.filter(question => question.kind === kind).length;
    return { kind, questions, chance: chances.get(kind) ?? 0 };
  });
}
