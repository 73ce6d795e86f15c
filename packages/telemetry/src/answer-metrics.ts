// SPDX-License-Identifier: Apache-2.0
//
// What is counted of every answer a node was asked for. Other nodes may have made it, and their word is in the figures.
//
// A1  Labels take few values, none of them of one session: the model is the node's own, all else is of closed sets, which
//     the caller answers for.
// A2  Only finite amounts of at least 0 count: no counter falls, whatever another node says it spent.
import { createHistogram, type Histogram } from './histogram.ts';
import type { MetricRegistry, MetricSample } from './metric-registry.ts';
import { LABELS, METRICS } from './names.ts';

/** One answer that came. */
export interface AnswerFigures {
  /** How it ended, such as `complete` or `deadline`. */
  readonly outcome: string;
  /** Which tiers took part, such as `two`. */
  readonly mode: string;
  /** The kind of plan by which it was made, such as `hand-over`. */
  readonly plan: string;
  readonly durationMs: number;
  /** When the first text came; undefined when there was none. */
  readonly firstTokenMs: number | undefined;
  readonly outputTokens: number;
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  readonly committedTokens: number;
  /** Payload bytes over the links of the answer, as their owners saw them. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of those who state their watts; undefined when nobody does. */
  readonly joules: number | undefined;
}

/** Counts answers. */
export interface AnswerMetrics {
  answered(figures: AnswerFigures): void;
  /** None came: it failed, or its asker gave up. */
  unanswered(durationMs: number): void;
}

/** As OpenTelemetry's gen_ai conventions advise. */
const REQUEST_BOUNDS_SECONDS: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_TOKEN_BOUNDS_SECONDS: readonly number[] = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const OUTPUT_TOKEN_BOUNDS_SECONDS: readonly number[] = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
];
const UNANSWERED = 'unanswered';

/** Metrics of the answers by `model`, which show in `registry`. Throws `already-exists` when it has some. */
export function createAnswerMetrics(registry: MetricRegistry, model: string): AnswerMetrics {
  const times = registerTimes(registry, model);
  const count = registerCounts(registry);
  return {
    answered: figures => {
      times.note(figures);
      count(figures);
    },
    unanswered: durationMs => times.duration(UNANSWERED).observe(durationMs / 1000),
  };
}

interface AnswerTimes {
  duration(outcome: string): Histogram;
  note(figures: AnswerFigures): void;
}

function registerTimes(registry: MetricRegistry, model: string): AnswerTimes {
  const labels = { [LABELS.model]: model };
  const durations = new Map<string, Histogram>();
  const firstToken = createHistogram(FIRST_TOKEN_BOUNDS_SECONDS);
  const outputToken = createHistogram(OUTPUT_TOKEN_BOUNDS_SECONDS);
  const { requestDuration, timeToFirstToken, timePerOutputToken } = METRICS;
  registry.registerHistogram(requestDuration, 'Time from a question to the end of its answer, by outcome', () =>
    [...durations].map(([outcome, histogram]) => ({ labels: { ...labels, [LABELS.outcome]: outcome }, histogram })),
  );
  registry.registerHistogram(timeToFirstToken, 'Time from a question to the first text of its answer', () => [
    { labels, histogram: firstToken },
  ]);
  registry.registerHistogram(timePerOutputToken, 'Time of each token after the first text, by answer', () => [
    { labels, histogram: outputToken },
  ]);
  const duration = (outcome: string): Histogram => {
    const histogram = durations.get(outcome) ?? createHistogram(REQUEST_BOUNDS_SECONDS);
    durations.set(outcome, histogram);
    return histogram;
  };
  return {
    duration,
    note: ({ outcome, durationMs, firstTokenMs, outputTokens }) => {
      duration(outcome).observe(durationMs / 1000);
      if (firstTokenMs === undefined) return;
      firstToken.observe(firstTokenMs / 1000);
      const perTokenMs = (durationMs - firstTokenMs) / (outputTokens - 1);
      if (outputTokens > 1 && isAmount(perTokenMs)) outputToken.observe(perTokenMs / 1000);
    },
  };
}

function registerCounts(registry: MetricRegistry): (figures: AnswerFigures) => void {
  const drafted = registerTotal(registry, METRICS.draftedTokens, 'Tokens drafted for answers', LABELS.mode);
  const accepted = registerTotal(registry, METRICS.acceptedTokens, 'Drafted tokens that stood', LABELS.mode);
  const committed = registerTotal(registry, METRICS.committedTokens, 'Tokens committed', LABELS.mode);
  const bytes = registerTotal(registry, METRICS.answerLinkBytes, 'Payload bytes that answers moved', LABELS.direction);
  const joules = registerTotal(registry, METRICS.answerJoules, 'Energy of answers where watts are stated', LABELS.mode);
  const plans = registerTotal(registry, METRICS.answerPlans, 'Answers by the kind of their plan', LABELS.plan);
  return figures => {
    const { mode, plan } = figures;
    drafted(mode, figures.draftedTokens);
    accepted(mode, figures.acceptedTokens);
    committed(mode, figures.committedTokens);
    bytes('sent', figures.sentBytes);
    bytes('received', figures.receivedBytes);
    if (figures.joules !== undefined) joules(mode, figures.joules);
    plans(plan, 1);
  };
}

/** A counter for each value of `label`. */
function registerTotal(
  registry: MetricRegistry,
  name: string,
  help: string,
  label: string,
): (value: string, amount: number) => void {
  const totals = new Map<string, number>();
  registry.register({ name, help, type: 'counter' }, () =>
    [...totals].map(([value, total]): MetricSample => ({ labels: { [label]: value }, value: total })),
  );
  return (value, amount) => {
    if (isAmount(amount)) totals.set(value, (totals.get(value) ?? 0) + amount); // A2
  };
}

/** A2. */
function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
