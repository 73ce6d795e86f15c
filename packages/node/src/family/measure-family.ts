// SPDX-License-Identifier: Apache-2.0
//
// Measures a family through the engine that nodes run, on the questions it was not trained on.
//
// F1  What was measured stays: each question's record is written down before the next one begins, and a later run with
//     the same weights and suite goes on there.
// F2  The same questions are chosen every time, and a smaller selection is part of a larger one.
// F3  Costs are measured last and alone, one host at a time, so that nothing of ours runs beside them.
import { availableParallelism, cpus } from 'node:os';
import type { HeldOutSuite } from '@aiflow/model';
import type { AnswerRecord } from './answer-record.ts';
import { measureAllCosts } from './measure-all-costs.ts';
import { measurePart } from './measure-part.ts';
import type { MeasurePart } from './measure-plan.ts';
import { hashManifest, type MeasuredFamily } from './measured-family.ts';
import { type MeasureCollaborators, type MeasureOptions, prepareMeasuring } from './measuring.ts';
import { chanceByKind } from './select-questions.ts';
import { sumUp } from './sum-up.ts';

/** Measures. Fails with `cancelled` when the signal aborts; what was measured until then is kept (F1). */
export async function measureFamily(
  collaborators: MeasureCollaborators,
  options: MeasureOptions,
): Promise<MeasuredFamily> {
  const manifestSha256 = await hashManifest(options.familyFolder);
  const measuring = await prepareMeasuring(collaborators, options, manifestSha256);
  const { family, suite, parts, partial } = measuring;
  const { manifest } = family;
  const leftOut: string[] = [];
  const done: MeasurePart[] = [];
  for (const part of parts) {
    const refused = await measurePart(measuring, part);
    if (refused === undefined) done.push(part);
    else leftOut.push(refused);
  }
  const costsOf = await measureAllCosts(measuring, done);
  const recordsOf = (part: string): ReadonlyMap<string, AnswerRecord> => partial.of(part);
  return {
    ...{ schema: 1, family: manifest.family, version: manifest.version, manifestSha256, suiteSha256: suite.sha256 },
    machine: { processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version },
    questions: suite.questions.length,
    kinds: describeKinds(suite),
    ...sumUp({ manifest, parts: done, recordsOf, costsOf }),
    leftOut,
  };
}

function describeKinds(suite: HeldOutSuite): MeasuredFamily['kinds'] {
  const chances = chanceByKind(suite);
  return suite.kinds.map(kind => {
    const questions = suite.questions.filter(question => question.kind === kind).length;
    return { kind, questions, chance: chances.get(kind) ?? 0 };
  });
}
