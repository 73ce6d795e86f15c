// SPDX-License-Identifier: Apache-2.0
//
// Prometheus text from values that are read when somebody asks, so that counting costs the work nothing but an addition.
import { AiflowError } from '@aiflow/protocol';
import { type Metric, Registry } from 'prom-client';
import type { Histogram } from './histogram.ts';

/** Values of labels, by label name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One value of a metric. */
export interface MetricSample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

/** A metric as it is declared. Names and labels stand in names.ts; units are base units. */
export interface MetricDeclaration {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
}

/** One histogram of a metric. */
export interface HistogramSample {
  readonly labels: MetricLabels;
  readonly histogram: Histogram;
}

/** The metrics of one node. */
export interface MetricRegistry {
  /**
   * Adds a metric whose values `read` gives at each scrape; at most 512 are shown. Throws `already-exists` when the
   * name is taken. A `read` that throws leaves its metric out of that scrape and is counted.
   */
  register(declaration: MetricDeclaration, read: () => Iterable<MetricSample>): void;
  /** Adds a histogram likewise. */
  registerHistogram(name: string, help: string, read: () => Iterable<HistogramSample>): void;
  /** The Prometheus text of all metrics, format 0.0.4. */
  text(): Promise<string>;
  /** The content type of `text`. */
  readonly contentType: string;
}

const MAX_SAMPLES = 512;
const READ_ERRORS = 'aiflow_metric_read_errors_total';

/** A registry whose every metric carries `constantLabels`. */
export function createMetricRegistry(constantLabels: MetricLabels): MetricRegistry {
  const registry = new Registry();
  registry.setDefaultLabels(constantLabels);
  let readErrors = 0;

  const add = (name: string, help: string, type: string, read: () => readonly PromValue[]): void => {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new AiflowError('already-exists', `metric ${name} is registered already`);
    }
    registry.registerMetric(
      asMetric({ name, help, type, get: () => Promise.resolve({ name, help, type, values: read() }) }),
    );
  };
  const guarded = (read: () => readonly PromValue[]) => (): readonly PromValue[] => {
    try {
      return read();
    } catch {
      readErrors += 1;
      return [];
    }
  };

  const metrics: MetricRegistry = {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    register: ({ name, help, type }, read) =>
      add(
        name,
        help,
        type,
        guarded(() => plainValues(read())),
      ),
    registerHistogram: (name, help, read) =>
      add(
        name,
        help,
        'histogram',
        guarded(() => histogramValues(name, read())),
      ),
  };
  add(READ_ERRORS, 'Metrics left out of a scrape because reading them failed', 'counter', () => [
    { labels: {}, value: readErrors },
  ]);
  return metrics;
}

interface PromValue {
  readonly labels: MetricLabels;
  readonly value: number;
  readonly metricName?: string;
}

interface PromMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  get(): Promise<{
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly values: readonly PromValue[];
  }>;
}

/** prom-client formats whatever has a name and a `get`; its types know only its own classes. */
function asMetric(metric: PromMetric): Metric<string> {
  return metric as unknown as Metric<string>;
}

function plainValues(samples: Iterable<MetricSample>): readonly PromValue[] {
  return [...samples].slice(0, MAX_SAMPLES).map(({ labels = {}, value }) => ({ labels, value }));
}

function histogramValues(name: string, samples: Iterable<HistogramSample>): readonly PromValue[] {
  return [...samples].slice(0, MAX_SAMPLES).flatMap(({ labels, histogram }) => {
    const counts = histogram.cumulative();
    const bounds = [...histogram.bounds.map(String), '+Inf'];
    return [
      ...counts.map((value, index) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le: bounds[index] ?? '+Inf' },
        value,
      })),
      { metricName: `${name}_sum`, labels, value: histogram.sum },
      { metricName: `${name}_count`, labels, value: counts.at(-1) ?? 0 },
    ];
  });
}
