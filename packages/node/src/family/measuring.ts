// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@aiflow/actor';
import {
  type FamilyFolder,
  type FamilyTokenizer,
  type HeldOutSuite,
  openFamilyFolder,
  openTokenizer,
  readHeldOutSuite,
} from '@aiflow/model';
import type { Clock } from '@aiflow/time';
import { type MeasureLimits, type MeasurePart, planMeasurement } from './measure-plan.ts';
import { createMeasureProgress, type MeasureProgress } from './measure-progress.ts';
import { openPartialResults, type PartialResults } from './partial-results.ts';

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

/** What all parts of one measurement share. */
export interface Measuring extends MeasureCollaborators {
  readonly options: MeasureOptions;
  readonly family: FamilyFolder;
  readonly tokenizer: FamilyTokenizer;
  readonly suite: HeldOutSuite;
  readonly parts: readonly MeasurePart[];
  readonly partial: PartialResults;
  readonly progress: MeasureProgress;
  readonly lanes: number;
}

/** Opens the family, its suite and what was measured before (F1), and plans the rest. */
export async function prepareMeasuring(
  collaborators: MeasureCollaborators,
  options: MeasureOptions,
  manifestSha256: string,
): Promise<Measuring> {
  const family = await openFamilyFolder(options.familyFolder);
  const suite = await readHeldOutSuite(options.familyFolder);
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
