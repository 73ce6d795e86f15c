// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';
import { z } from 'zod';
import type { TokenMark } from './token-marks.ts';

/** One size of every exit in one arithmetic: what an engine is loaded with to be measured. */
export interface MeasuredSize {
  readonly format: ComputeFormat;
  readonly rung: number;
}

/** The short name of a size in records, such as `fp32-3`. */
export function nameSize({ format, rung }: MeasuredSize): string {
  return `${format}-${rung}`;
}

const EXIT_RECORD = z.object({
  exit: z.number().int(),
  right: z.boolean(),
  /** `1` for each token of the reference that the exit chose too, else `0`. */
  marks: z.string(),
  /** In hundredths of a logit, as `marks`. */
  margins: z.array(z.number().int()),
});

const POLICY_RECORD = z.object({
  risk: z.number(),
  right: z.boolean(),
  tokens: z.number().int(),
  computeMs: z.number(),
  /** Tokens decided, by exit. */
  decided: z.record(z.string(), z.number().int()),
});

/** What was measured with one question: a line of the file of partial results. */
export const ANSWER_RECORD = z.object({
  /** `fp32-3` for a size, `policy` for policies. */
  part: z.string(),
  question: z.string(),
  kind: z.string(),
  exits: z.array(EXIT_RECORD).default([]),
  policies: z.array(POLICY_RECORD).default([]),
  /** The deepest exit's answer in fp32 at the last rung; in the first part alone. */
  reference: z.array(z.number().int()).optional(),
});

/** See {@link ANSWER_RECORD}. */
export type AnswerRecord = z.output<typeof ANSWER_RECORD>;

/** What one exit did with one question. */
export type ExitRecord = z.output<typeof EXIT_RECORD>;

/** What one policy did with one question. */
export type PolicyRecord = z.output<typeof POLICY_RECORD>;

/** Packs marks for a record. */
export function packMarks(marks: readonly TokenMark[]): Pick<ExitRecord, 'marks' | 'margins'> {
  return {
    marks: marks.map(({ agrees }) => (agrees ? '1' : '0')).join(''),
    margins: marks.map(({ margin }) => Math.floor(margin * 100)),
  };
}

/** The inverse of {@link packMarks}; margins are rounded down to hundredths. */
export function unpackMarks({ marks, margins }: Pick<ExitRecord, 'marks' | 'margins'>): readonly TokenMark[] {
  return margins.map((margin, index) => ({ agrees: marks[index] === '1', margin: margin / 100 }));
}
