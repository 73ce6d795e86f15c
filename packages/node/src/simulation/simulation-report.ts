// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import type { NodeLink } from './resolve-links.ts';

/** Who shall answer, as a simulation's file has it. */
export type SimulatedTiers = AnswerSummary['mode'];

/** Bytes of one link; `up` is away from the node. */
export interface LinkBytes {
  readonly node: string;
  readonly up: number;
  readonly down: number;
}

/** What became of one question. */
export interface SimulatedAnswer {
  readonly question: string;
  /** `failed`: no answer came, see `error`. `not-asked`: the simulation's limit ran out before. */
  readonly outcome: AnswerSummary['outcome'] | 'failed' | 'not-asked';
  readonly answer?: string;
  /** Whether it is the answer that the file or the family gives; absent where none is known. */
  readonly right?: boolean;
  /** As the asked node took them: the way to it and back is not in them. */
  readonly ms?: number;
  readonly firstMs?: number;
  readonly exact?: boolean;
  /** How it was answered in the end. */
  readonly tiers?: SimulatedTiers;
  /** Who was there for the answer, the asked node first; who computed nothing was not needed. */
  readonly nodes: readonly { readonly node: string; readonly exit: number; readonly computeMs: number }[];
  /** How it was meant to be answered, and how long that was expected to take; absent where nothing was weighed. */
  readonly plan?: { readonly label: string; readonly expectedMs: number; readonly isTrial: boolean };
  /** Of the nodes whose file states watts. */
  readonly joules?: number;
  readonly reasons: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly bytes: readonly LinkBytes[];
}

/** All questions asked of one choice of tiers. */
export interface SimulatedRound {
  readonly asked: SimulatedTiers;
  readonly answers: readonly SimulatedAnswer[];
  readonly summary: RoundSummary;
}

/** A round in figures. Quantiles are by nearest rank, over the questions that were answered. */
export interface RoundSummary {
  readonly questions: number;
  readonly answered: number;
  readonly exact: number;
  /** Of the questions whose right answer is known. */
  readonly right: number;
  readonly known: number;
  readonly medianMs?: number;
  readonly p95Ms?: number;
  readonly medianFirstMs?: number;
  /** Each reason once, with how often it came. */
  readonly failures: readonly { readonly reason: string; readonly times: number }[];
}

/** What `aiflow simulate --json` prints. */
export interface SimulationReport {
  readonly type: 'simulation';
  readonly file: string;
  readonly seed: number;
  readonly asked: string;
  readonly links: readonly (NodeLink & { readonly bytes: LinkBytes })[];
  readonly rounds: readonly SimulatedRound[];
}

/** Sums up a summary; `facts` are what it does not tell. */
export function describeAnswer(
  summary: AnswerSummary,
  facts: Pick<SimulatedAnswer, 'question' | 'bytes'> & {
    readonly answer: string;
    readonly reference: string | undefined;
    readonly firstMs: number | undefined;
  },
): SimulatedAnswer {
  const { question, answer, reference, firstMs, bytes } = facts;
  const { plan, ledger } = summary;
  return {
    ...{ question, outcome: summary.outcome, answer },
    ...(reference === undefined ? {} : { right: answer === reference }),
    ms: round(summary.durationMs),
    ...(firstMs === undefined ? {} : { firstMs: round(firstMs) }),
    ...{ exact: summary.exact, tiers: summary.mode },
    nodes: summary.tiers.map(({ node, exit, computeMs }) => ({ node, exit, computeMs: round(computeMs) })),
    ...(plan === undefined
      ? {}
      : { plan: { label: plan.label, expectedMs: round(plan.expectedMs), isTrial: plan.isTrial } }),
    ...(ledger?.joules === undefined ? {} : { joules: ledger.joules }),
    ...{ reasons: summary.reasons, bytes },
  };
}

/** The figures of a round. */
export function summarize(answers: readonly SimulatedAnswer[]): RoundSummary {
  const done = answers.filter(({ ms }) => ms !== undefined);
  const ms = done.flatMap(answer => answer.ms ?? []);
  return {
    questions: answers.length,
    answered: done.length,
    exact: done.filter(({ exact }) => exact).length,
    right: done.filter(({ right }) => right).length,
    known: done.filter(({ right }) => right !== undefined).length,
    ...quantile('medianMs', ms, 0.5),
    ...quantile('p95Ms', ms, 0.95),
    ...quantile(
      'medianFirstMs',
      done.flatMap(({ firstMs }) => firstMs ?? []),
      0.5,
    ),
    failures: countFailures(answers),
  };
}

function countFailures(answers: readonly SimulatedAnswer[]): RoundSummary['failures'] {
  const times = new Map<string, number>();
  for (const { error } of answers) {
    if (error === undefined) continue;
    const reason = `${error.code}: ${error.message}`;
    times.set(reason, (times.get(reason) ?? 0) + 1);
  }
  return [...times].map(([reason, count]) => ({ reason, times: count }));
}

function quantile<Name extends string>(name: Name, values: readonly number[], share: number): { [K in Name]?: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: number };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
