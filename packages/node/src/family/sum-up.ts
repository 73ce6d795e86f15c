// SPDX-License-Identifier: Apache-2.0
import type { FamilyManifest } from '@aiflow/model';
import { type AnswerRecord, type MeasuredSize, nameSize } from './answer-record.ts';
import type { ExitCosts } from './measure-costs.ts';
import { lastRungOf, type MeasurePart } from './measure-plan.ts';
import type { MeasuredCell, MeasuredFamily } from './measured-family.ts';
import { alongReference, compare, type Records, rightAt, rightUnder, scoreOf } from './score-records.ts';
import { isKeptFromCalibration } from './select-questions.ts';
import { riskAt } from './token-marks.ts';

/** What was found out, to be summed up. */
export interface MeasuredParts {
  readonly manifest: FamilyManifest;
  readonly parts: readonly MeasurePart[];
  /** Records of a part by question. */
  readonly recordsOf: (part: string) => ReadonlyMap<string, AnswerRecord>;
  readonly costsOf: (size: MeasuredSize, exit: number) => ExitCosts | undefined;
}

/** Margins that are tried where the family states none. */
const TRIED_MARGINS: readonly number[] = [1, 2, 3, 4, 6, 8];

/** The rows of measurements. */
export function sumUp(measured: MeasuredParts): Pick<MeasuredFamily, 'cells' | 'confidence' | 'policies'> {
  return {
    cells: measured.parts.filter(({ way }) => way !== 'policies').flatMap(part => cellsOf(part, measured)),
    confidence: confidenceOf(measured),
    policies: policiesOf(measured),
  };
}

function cellsOf(part: MeasurePart, measured: MeasuredParts): readonly MeasuredCell[] {
  const records = recordsOf(part, measured);
  if (records.length === 0) return [];
  const exits = measured.manifest.exits.filter(({ rungs }) => rungs.length >= part.size.rung).map(({ depth }) => depth);
  return exits.map((exit, index) => ({
    ...{ format: part.size.format, exit, rung: part.size.rung, n: records.length },
    ...scoreOf(records, rightAt(exit)),
    ...alongOf(records, exit),
    ...comparisons(part, { records, exit, before: exits[index - 1] }, measured),
    ...measured.costsOf(part.size, exit),
  }));
}

function alongOf(records: Records, exit: number): Pick<MeasuredCell, 'agreement' | 'tokensPerVerify' | 'tokens'> {
  const { agreement, tokensPerVerify, tokens } = alongReference(records, exit);
  return { agreement, tokensPerVerify, tokens };
}

function comparisons(
  { size }: MeasurePart,
  { records, exit, before }: { readonly records: Records; readonly exit: number; readonly before: number | undefined },
  measured: MeasuredParts,
): Pick<MeasuredCell, 'againstShallower' | 'againstFp32' | 'againstLastRung'> {
  const last = lastRungOf(measured.manifest);
  const own = [records, rightAt(exit)] as const;
  const at = (other: MeasuredSize): readonly [Records, ReturnType<typeof rightAt>] => [
    [...measured.recordsOf(nameSize(other)).values()],
    rightAt(exit),
  ];
  const shallower = before === undefined ? undefined : compare(own, [records, rightAt(before)]);
  const fp32 = size.format === 'fp32' ? undefined : compare(own, at({ ...size, format: 'fp32' }));
  const lastRung = size.rung === last ? undefined : compare(own, at({ ...size, rung: last }));
  return {
    ...(shallower === undefined || before === undefined ? {} : { againstShallower: { exit: before, ...shallower } }),
    ...(fp32 === undefined ? {} : { againstFp32: fp32 }),
    ...(lastRung === undefined ? {} : { againstLastRung: lastRung }),
  };
}

function confidenceOf({ manifest, parts, recordsOf }: MeasuredParts): MeasuredFamily['confidence'] {
  const [first] = parts;
  const all = first === undefined ? [] : [...recordsOf(first.name).values()];
  const records = all.filter(({ question }) => isKeptFromCalibration(question));
  if (records.length === 0) return [];
  return manifest.exits.slice(0, -1).flatMap(({ depth, confidence }) => {
    const { marks } = alongReference(records, depth);
    const tried = confidence.length > 0 ? confidence : TRIED_MARGINS.map(margin => ({ margin, risk: undefined }));
    return tried.map(({ margin, risk: stated }) => ({
      exit: depth,
      ...(stated === undefined ? {} : { stated }),
      ...riskAt(marks, margin),
    }));
  });
}

function policiesOf(measured: MeasuredParts): MeasuredFamily['policies'] {
  const part = measured.parts.find(({ way }) => way === 'policies');
  const records = part === undefined ? [] : recordsOf(part, measured);
  const risks = [...new Set(records.flatMap(({ policies }) => policies.map(({ risk }) => risk)))].filter(
    risk => risk > 0,
  );
  return risks.flatMap(risk => {
    const against = compare([records, rightUnder(risk)], [records, rightUnder(0)]);
    if (against === undefined) return [];
    const taken = records.flatMap(({ policies }) => policies.filter(policy => policy.risk === risk));
    const alone = records.flatMap(({ policies }) => policies.filter(policy => policy.risk === 0));
    const msPerToken = (runs: typeof taken): number => total(runs, 'computeMs') / Math.max(1, total(runs, 'tokens'));
    const { mean } = scoreOf(records, rightUnder(risk));
    const costRatio = msPerToken(taken) / msPerToken(alone);
    return [{ risk, n: records.length, mean, againstDeepest: against, costRatio, decided: shares(taken) }];
  });
}

function shares(runs: AnswerRecord['policies']): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { decided } of runs) {
    for (const [exit, tokens] of Object.entries(decided)) counts.set(exit, (counts.get(exit) ?? 0) + tokens);
  }
  const all = Math.max(1, total(runs, 'tokens'));
  return Object.fromEntries([...counts].map(([exit, tokens]) => [exit, tokens / all]));
}

function total(runs: AnswerRecord['policies'], field: 'computeMs' | 'tokens'): number {
  return runs.reduce((sum, run) => sum + run[field], 0);
}

/** Of the questions of the plan alone: a file of partial results may hold more. */
function recordsOf(part: MeasurePart, measured: MeasuredParts): Records {
  const known = measured.recordsOf(part.name);
  return part.questions.flatMap(({ id }) => known.get(id) ?? []);
}
