// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat, FamilyManifest, HeldOutQuestion, HeldOutSuite } from '@aiflow/model';
import { type MeasuredSize, nameSize } from './answer-record.ts';
import { selectQuestions } from './select-questions.ts';

/** How much to measure. */
export interface MeasureLimits {
  /** Questions for fp32 at the last rung. Default all. */
  readonly limit?: number | undefined;
  /** Questions for other formats, other rungs, and policies. Default 300. */
  readonly sample?: number | undefined;
  /** Default all three. */
  readonly formats?: readonly ComputeFormat[] | undefined;
}

/** One pass over some questions with one set of loaded weights. */
export interface MeasurePart {
  readonly name: string;
  readonly size: MeasuredSize;
  /** `blocks`: every exit by verifying, and the reference. `steps`: by drafting. `policies`: under exit policies. */
  readonly way: 'blocks' | 'steps' | 'policies';
  readonly questions: readonly HeldOutQuestion[];
  /** Milliseconds a question on one core, roughly, until this machine has shown better. */
  readonly guessMs: number;
}

const DEFAULT_SAMPLE = 300;
const ALL_FORMATS: readonly ComputeFormat[] = ['fp32', 'int8', 'int4'];

/** The number of the family's last rung. */
export function lastRungOf({ exits }: FamilyManifest): number {
  return Math.max(...exits.map(({ rungs }) => rungs.length));
}

/**
 * What is measured, in order. The first part is fp32 at the last rung, whose deepest exit is the reference of all others.
 * Lower rungs in int8 and int4, which nobody needs to the last point, take half of the sample.
 */
export function planMeasurement(
  manifest: FamilyManifest,
  suite: HeldOutSuite,
  { limit, sample = DEFAULT_SAMPLE, formats = ALL_FORMATS }: MeasureLimits,
): readonly MeasurePart[] {
  const last = lastRungOf(manifest);
  const whole = selectQuestions(suite, limit ?? suite.questions.length);
  const some = whole.slice(0, sample);
  const few = whole.slice(0, Math.ceil(sample / 2));
  const first = { format: 'fp32', rung: last } as const;
  const lower = Array.from({ length: last - 1 }, (_, index) => last - 1 - index);
  const steps = (format: ComputeFormat, rung: number): MeasurePart => {
    const questions = rung === last || format === 'fp32' ? some : few;
    const guessMs = format === 'fp32' ? 900 : 600;
    return { name: nameSize({ format, rung }), size: { format, rung }, way: 'steps', questions, guessMs };
  };
  const others = formats.filter(format => format !== 'fp32');
  return [
    { name: nameSize(first), size: first, way: 'blocks', questions: whole, guessMs: 300 },
    { name: 'policy', size: first, way: 'policies', questions: some, guessMs: 600 },
    ...others.map(format => steps(format, last)),
    ...(formats.includes('fp32') ? lower.map(rung => steps('fp32', rung)) : []),
    ...others.flatMap(format => lower.map(rung => steps(format, rung))),
  ];
}
