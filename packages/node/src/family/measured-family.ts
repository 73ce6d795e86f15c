// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError } from '@aiflow/protocol';
import { z } from 'zod';

/** Where a family's measurements lie, beside its manifest. */
export const MEASURED_FILE = 'measured.json';

const share = z.number().min(0).max(1);
const difference = z.object({ difference: z.number(), low: z.number(), high: z.number() });

const CELL = z.object({
  format: z.enum(['fp32', 'int8', 'int4']),
  exit: z.number().int().positive(),
  rung: z.number().int().positive(),
  /** Questions behind the scores. */
  n: z.number().int().nonnegative(),
  /** Share of right answers by kind. */
  scores: z.record(z.string(), share),
  /** Unweighted over kinds. */
  mean: share,
  /** Mean less the exit's before, same rung and format, same questions: paired bootstrap, 95 %. */
  againstShallower: difference.extend({ exit: z.number().int() }).optional(),
  /** Mean less that of fp32 at the same exit and rung, on the same questions. */
  againstFp32: difference.optional(),
  /** Mean less that of the last rung at the same exit and format, on the same questions. */
  againstLastRung: difference.optional(),
  /** Choices equal to the deepest exit's after every prefix of its answer. */
  agreement: share,
  tokensPerVerify: z.number(),
  /** Tokens behind `agreement`. */
  tokens: z.number().int().nonnegative(),
  msPerToken: z.number().optional(),
  /** Last rung: a lower one verifies nothing. */
  verifyCurve: z.array(z.object({ tokens: z.number().int(), ms: z.number() })).optional(),
  /** Of a host that holds this exit and no other, warm, before its first question. */
  residentBytes: z.number().int().optional(),
  /** The same with memory shared between processes counted by parts (PSS). */
  proportionalBytes: z.number().int().optional(),
});

/** On questions that were kept from calibration. */
const CONFIDENCE = z.object({
  exit: z.number().int().positive(),
  /** What the manifest states for this margin; absent for a margin that was only tried. */
  stated: share.optional(),
  margin: z.number().nonnegative(),
  risk: share,
  upper: share,
  coverage: share,
  tokens: z.number().int().nonnegative(),
});

const POLICY = z.object({
  /** The risk asked for. */
  risk: share,
  n: z.number().int(),
  mean: share,
  /** Mean less that of the deepest exit on the same questions. */
  againstDeepest: difference,
  /** Time a token, over that of the deepest exit on the same questions. */
  costRatio: z.number(),
  /** Share of tokens decided, by exit. */
  decided: z.record(z.string(), share),
});

const MEASURED = z.object({
  schema: z.literal(1),
  family: z.string(),
  version: z.string(),
  /** Of manifest.json: figures of other weights are refused. */
  manifestSha256: z.string(),
  suiteSha256: z.string(),
  machine: z.object({ processor: z.string(), cores: z.number().int(), node: z.string() }),
  questions: z.number().int(),
  /** Questions of the suite by kind, and what guessing gives. */
  kinds: z.array(z.object({ kind: z.string(), questions: z.number().int(), chance: share })),
  cells: z.array(CELL),
  confidence: z.array(CONFIDENCE),
  policies: z.array(POLICY),
  /** What was left out, and why. */
  leftOut: z.array(z.string()),
});

/** All that `aiflow family measure` found out about a family. */
export type MeasuredFamily = z.output<typeof MEASURED>;

/** One exit at one rung in one format. */
export type MeasuredCell = z.output<typeof CELL>;

/** Measurements as found in a folder. */
export type FoundMeasurements =
  | { readonly state: 'current'; readonly measured: MeasuredFamily }
  | { readonly state: 'stale'; readonly measured: MeasuredFamily; readonly manifestSha256: string }
  | { readonly state: 'missing' };

/** The hash by which measurements and manifest belong together. */
export async function hashManifest(familyFolder: string): Promise<string> {
  const bytes = await readFile(join(familyFolder, 'manifest.json'));
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads a folder's measurements. Throws `data-loss` for a file that is none. */
export async function findMeasurements(
  familyFolder: string,
  file: string = join(familyFolder, MEASURED_FILE),
): Promise<FoundMeasurements> {
  const text = await readFile(file, 'utf8').catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { state: 'missing' };
  const measured = parseMeasured(text, file);
  const manifestSha256 = await hashManifest(familyFolder);
  if (measured.manifestSha256 === manifestSha256) return { state: 'current', measured };
  return { state: 'stale', measured, manifestSha256 };
}

/** Writes measurements whole or not at all. */
export async function writeMeasurements(file: string, measured: MeasuredFamily): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(MEASURED.parse(measured), null, 1)}\n`);
  await rename(temporary, file);
}

function parseMeasured(text: string, file: string): MeasuredFamily {
  try {
    return MEASURED.parse(JSON.parse(text));
  } catch (cause) {
    throw new AiflowError('data-loss', `${file} holds no measurements of schema 1: run aiflow family measure again`, {
      cause,
    });
  }
}
