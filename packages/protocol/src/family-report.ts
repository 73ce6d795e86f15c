// SPDX-License-Identifier: Apache-2.0
import { readFields, readStated } from './fields.ts';

/** The id of the feature space before a layer. */
export interface FeatureSpaceReport {
  readonly layer: number;
  readonly id: string;
}

/** Measured time of verifying a block of `tokens` in a compute format. */
export interface VerifyCurvePoint {
  readonly format: string;
  readonly tokens: number;
  readonly ms: number;
}

/** Measured time of judging a block of `tokens` proposed tokens. */
export interface BlockTime {
  readonly tokens: number;
  readonly ms: number;
}

/** What running one exit costs in one compute format, as measured on the node that says so. */
export interface ExitCostReport {
  readonly exit: number;
  readonly format: string;
  /** One token, decoded by itself. */
  readonly stepMs: number;
  /** Taking in one token of a prompt; absent where it was not measured. */
  readonly prefillTokenMs?: number;
  readonly verify: readonly BlockTime[];
}

/** A model family that a node holds. */
export interface FamilyReport {
  readonly family: string;
  readonly tensorContract: string;
  readonly exits: readonly number[];
  readonly featureSpaces: readonly FeatureSpaceReport[];
  /** Of one exit, for builds that know no `exitCosts`. */
  readonly verifyCurve: readonly VerifyCurvePoint[];
  /** One entry for each exit and format; empty until they are measured, and from older builds. */
  readonly exitCosts: readonly ExitCostReport[];
}

/** Longer is no measurement, and would drown whatever is reckoned with it. */
const MOST_MS = 86_400_000;

/** Checks a report in its JSON form. Throws `invalid-argument` naming field, limit and value. */
export function parseFamilyReport(raw: unknown): FamilyReport {
  const fields = readFields('advert.families', raw);
  return {
    family: fields.label('family'),
    tensorContract: fields.label('tensorContract'),
    exits: fields.uints('exits', 256),
    featureSpaces: fields.list('featureSpaces', 1024, parseFeatureSpace),
    verifyCurve: fields.list('verifyCurve', 256, parseVerifyPoint),
    exitCosts: fields.has('exitCosts') ? fields.list('exitCosts', 256, parseExitCost) : [],
  };
}

function parseExitCost(raw: unknown): ExitCostReport {
  const fields = readFields('advert.exitCosts', raw);
  return {
    exit: fields.uint('exit'),
    format: fields.label('format', 32),
    stepMs: fields.real('stepMs', 0, MOST_MS),
    ...readStated(fields, 'prefillTokenMs', MOST_MS),
    verify: fields.list('verify', 32, parseBlockTime),
  };
}

function parseBlockTime(raw: unknown): BlockTime {
  const fields = readFields('advert.exitCosts.verify', raw);
  return { tokens: fields.uint('tokens'), ms: fields.real('ms', 0, MOST_MS) };
}

function parseFeatureSpace(raw: unknown): FeatureSpaceReport {
  const fields = readFields('advert.featureSpaces', raw);
  return { layer: fields.uint('layer'), id: fields.label('id') };
}

function parseVerifyPoint(raw: unknown): VerifyCurvePoint {
  const fields = readFields('advert.verifyCurve', raw);
  return { format: fields.label('format', 32), tokens: fields.uint('tokens'), ms: fields.real('ms', 0) };
}
