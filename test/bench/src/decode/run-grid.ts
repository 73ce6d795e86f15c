// SPDX-License-Identifier: Apache-2.0
//
// The grid on virtual time: every fixed choice and our own, over the real driver. All give the same answers, so a cell
// compares times of one text.
import { outcomeOf, type SessionResult, simulatePlan } from '@aiflow/decode';
import { createPlacement, type PlacementDecision } from '@aiflow/placement';
import { createSeededRandom } from '@aiflow/time';
import { fleetOf, type GridCell, snapshotOf } from './grid-cell.ts';
import { type FixedMode, fixedChoices } from './grid-modes.ts';
import type { RecordedCosts } from './recorded-costs.ts';

/** What a cell came to, in mean milliseconds an answer. */
export interface GridResult {
  readonly cell: GridCell;
  /** By mode, at its best draft length. */
  readonly fixedMs: Readonly<Partial<Record<FixedMode, number>>>;
  readonly best: { readonly mode: FixedMode; readonly ms: number };
  readonly ours: {
    readonly ms: number;
    /** What was chosen most often. */
    readonly label: string;
    readonly kind: PlacementDecision['plan']['kind'];
    readonly reasons: readonly string[];
    /** Share of answers that were drafted, trials included. */
    readonly draftedShare: number;
  };
}

/** How many answers are given. */
export interface GridEffort {
  readonly warmUpAnswers: number;
  readonly answers: number;
}

/** Enough that chance moves a mean by two per cent or so. */
export const FULL_EFFORT: GridEffort = { warmUpAnswers: 8, answers: 24 };
export const QUICK_EFFORT: GridEffort = { warmUpAnswers: 4, answers: 4 };

/** Plays one cell. Throws when any way gives another text. */
export async function runCell(recorded: RecordedCosts, cell: GridCell, effort: GridEffort): Promise<GridResult> {
  const { texts, fixedMs } = await runFixed(recorded, cell, effort);
  const [mode, ms] = Object.entries(fixedMs).reduce((best, other) => (other[1] < best[1] ? other : best));
  return {
    cell,
    fixedMs,
    best: { mode: mode as FixedMode, ms },
    ours: await runOurs(recorded, cell, { effort, texts }),
  };
}

interface FixedRun {
  readonly texts: readonly string[];
  readonly fixedMs: Partial<Record<FixedMode, number>>;
}

async function runFixed(recorded: RecordedCosts, cell: GridCell, { answers }: GridEffort): Promise<FixedRun> {
  const fleet = fleetOf(recorded, cell);
  const fixedMs: Partial<Record<FixedMode, number>> = {};
  const texts: string[] = [];
  for (const { mode, plan } of fixedChoices(cell)) {
    let sumMs = 0;
    for (let answer = 0; answer < answers; answer++) {
      const { durationMs, tokens } = await simulatePlan(fleet, plan, answer);
      texts[answer] ??= tokens.join();
      if (texts[answer] !== tokens.join()) throw new Error(`${mode} gave another text than the cloud alone`);
      sumMs += durationMs;
    }
    fixedMs[mode] = Math.min(fixedMs[mode] ?? Infinity, sumMs / answers);
  }
  return { texts, fixedMs };
}

const WARM_UP_FROM = 1000;

async function runOurs(
  recorded: RecordedCosts,
  cell: GridCell,
  { effort, texts }: { readonly effort: GridEffort; readonly texts: readonly string[] },
): Promise<GridResult['ours']> {
  const fleet = fleetOf(recorded, cell);
  const snapshot = snapshotOf(recorded, cell);
  const placement = createPlacement({ random: createSeededRandom(JSON.stringify(cell)) });
  const answerNext = async (answer: number): Promise<{ decision: PlacementDecision; result: SessionResult }> => {
    const decision = placement.decide(snapshot);
    if (decision === undefined) throw new Error('nobody speaks for the reference exit');
    const result = await simulatePlan(fleet, decision.plan, answer);
    placement.note(decision, outcomeOf(result, snapshot));
    return { decision, result };
  };
  for (let answer = 0; answer < effort.warmUpAnswers; answer++) await answerNext(WARM_UP_FROM + answer);
  const runs: { decision: PlacementDecision; result: SessionResult }[] = [];
  for (let answer = 0; answer < effort.answers; answer++) {
    const run = await answerNext(answer);
    if (texts[answer] !== run.result.tokens.join()) throw new Error(`${run.decision.plan.label} gave another text`);
    runs.push(run);
  }
  const usual = mostFrequent(runs.map(({ decision }) => decision));
  const drafted = runs.filter(({ decision }) => decision.plan.draftLengths.length > 0);
  return {
    ms: runs.reduce((sum, { result }) => sum + result.durationMs, 0) / runs.length,
    label: usual.plan.label,
    kind: usual.plan.kind,
    reasons: usual.reasons,
    draftedShare: drafted.length / runs.length,
  };
}

function mostFrequent(decisions: readonly PlacementDecision[]): PlacementDecision {
  const [first] = decisions;
  if (first === undefined) throw new Error('no answer was given');
  const count = (label: string): number => decisions.filter(({ plan }) => plan.label === label).length;
  return decisions.reduce((best, other) => (count(other.plan.label) > count(best.plan.label) ? other : best), first);
}
