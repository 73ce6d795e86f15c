// SPDX-License-Identifier: Apache-2.0
//
// From what a run measured to the rows that are printed.
//
// R1  The plan decides which rows there are: each planned row is printed once, in order, measured or not.
// R2  A ratio compares rounds of one run only; a live value is never held against a recorded baseline.
// R3  A recording fills in for a row that the run did not try, never for one that it tried and failed.
import { describeAim, isMet } from './aim.ts';
import type { Measurement, Row, RowPlan } from './row.ts';
import { median, spread } from './statistics.ts';

/** A stored full run. */
export interface Recording {
  readonly case: string;
  /** ISO date. */
  readonly date: string;
  /** Short hash of the commit that was measured. */
  readonly commit: string;
  readonly machine: string;
  readonly rows: readonly Row[];
}

/** One run of one case. */
export interface CaseRun {
  readonly case: string;
  readonly plan: readonly RowPlan[];
  readonly measurements: ReadonlyMap<string, Measurement>;
  readonly quick: boolean;
  readonly recording?: Recording | undefined;
}

/** Throws when two planned rows share a metric, a baseline is not planned, or a metric was measured that is not planned. */
export function buildRows(run: CaseRun): readonly Row[] {
  checkPlan(run);
  return run.plan.map(plan => {
    const measurement = run.measurements.get(plan.metric);
    if (measurement === undefined && run.quick && plan.quick === false) return recordedRow(run, plan);
    return liveRow(run, plan, measurement);
  });
}

function checkPlan({ case: name, plan, measurements }: CaseRun): void {
  const metrics = new Set(plan.map(row => row.metric));
  if (metrics.size !== plan.length) throw new Error(`case ${name} plans a metric twice`);
  for (const { metric, baseline, aim } of plan) {
    if (baseline !== undefined && !metrics.has(baseline))
      throw new Error(`${name}: ${metric} is held against ${baseline}, which is not planned`);
    if (aim?.of === 'ratio' && baseline === undefined)
      throw new Error(`${name}: ${metric} aims at a ratio without a baseline`);
    if (aim !== undefined && aim.atMost === undefined && aim.atLeast === undefined)
      throw new Error(`${name}: the aim of ${metric} has no bound`);
  }
  for (const metric of measurements.keys()) {
    if (!metrics.has(metric)) throw new Error(`case ${name} measured ${metric}, which is not planned`);
  }
}

function liveRow(run: CaseRun, plan: RowPlan, measurement: Measurement | undefined): Row {
  const baseline = plan.baseline === undefined ? undefined : run.measurements.get(plan.baseline);
  const rounds = roundsOf(measurement);
  if (rounds === undefined) return missingRow(run.case, plan, reasonOf(measurement));
  const value = median(rounds);
  const baselineRounds = roundsOf(baseline);
  const ratio = ratioOf(rounds, baselineRounds);
  return {
    ...frame(run.case, plan),
    value,
    spread: spread(rounds),
    baseline: baselineRounds === undefined ? null : median(baselineRounds),
    ratio,
    met: isMet(plan.aim, value, ratio),
    source: 'live',
    ...(plan.baseline !== undefined && baselineRounds === undefined
      ? { note: `no baseline: ${reasonOf(baseline)}` }
      : {}),
  };
}

/** The median of the ratios of rounds that ran side by side; of all rounds when the two ran different numbers of them. */
function ratioOf(rounds: readonly number[], baseline: readonly number[] | undefined): number | null {
  if (baseline === undefined) return null;
  if (baseline.length !== rounds.length) return median(rounds) / median(baseline);
  return median(rounds.map((value, index) => value / (baseline[index] ?? Number.NaN)));
}

function recordedRow(run: CaseRun, plan: RowPlan): Row {
  const row = run.recording?.rows.find(candidate => candidate.metric === plan.metric);
  if (run.recording === undefined || row === undefined) return missingRow(run.case, plan, 'in no recorded full run');
  const { value, ratio, baseline, spread: recordedSpread } = row;
  return {
    ...frame(run.case, plan), // the aim is today's, not the one of the recorded run
    value,
    spread: recordedSpread,
    baseline,
    ratio,
    met: row.unit === plan.unit && row.against === (plan.baseline ?? null) && isMet(plan.aim, value, ratio),
    source: `recorded ${run.recording.date} ${run.recording.commit}`,
    ...(row.note === undefined ? {} : { note: row.note }),
  };
}

function missingRow(name: string, plan: RowPlan, note: string): Row {
  return {
    ...frame(name, plan),
    value: null,
    spread: null,
    baseline: null,
    ratio: null,
    met: false,
    source: 'missing',
    note,
  };
}

function frame(name: string, plan: RowPlan): Pick<Row, 'case' | 'metric' | 'unit' | 'against' | 'aim'> {
  const aim = plan.aim === undefined ? null : describeAim(plan.aim);
  return { case: name, metric: plan.metric, unit: plan.unit, against: plan.baseline ?? null, aim };
}

function roundsOf(measurement: Measurement | undefined): readonly number[] | undefined {
  if (measurement === undefined || !('rounds' in measurement)) return undefined;
  const { rounds } = measurement;
  return rounds.length > 0 && rounds.every(Number.isFinite) ? rounds : undefined;
}

function reasonOf(measurement: Measurement | undefined): string {
  if (measurement === undefined) return 'the run did not measure it';
  return 'unavailable' in measurement ? measurement.unavailable : 'the run measured no finite number';
}
