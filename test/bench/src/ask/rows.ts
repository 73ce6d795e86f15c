// SPDX-License-Identifier: Apache-2.0
import type { RowPlan } from '../harness/row.ts';
import type { ContenderName } from './contenders/load-contender.ts';

/** A payload size with its name in metrics; the reply is as large as the request. */
export interface PayloadSize {
  readonly label: string;
  readonly bytes: number;
}

/** The only size of `--quick`, and the one with aims. */
export const SMALL: PayloadSize = { label: '128 B', bytes: 128 };

export const SIZES: readonly PayloadSize[] = [
  SMALL,
  { label: '1 KB', bytes: 1024 },
  { label: '16 KB', bytes: 16_384 },
  { label: '64 KB', bytes: 65_536 },
  { label: '256 KB', bytes: 262_144 },
  // As much as a broker with default settings carries with an envelope around it.
  { label: '1 MB', bytes: 1_000_000 },
];

/** Names of contenders in metrics; the first is what the others are held against. */
export const ACROSS: readonly { readonly name: ContenderName; readonly label: string; readonly peer?: boolean }[] = [
  { name: 'nats-request-lean', label: 'nats.js request, noAsyncTraces' },
  { name: 'nats-request', label: 'nats.js request' },
  { name: 'nats-publish', label: 'nats.js publish/subscribe' },
  { name: 'moleculer', label: 'Moleculer 0.14', peer: true },
  { name: 'aiflow', label: 'aiflow ask' },
  { name: 'aiflow-traced', label: 'aiflow ask, traced' },
];

const BASELINE = 'nats.js request, noAsyncTraces';

export type Figure = 'p50' | 'p99' | 'throughput' | 'cpu';

const FIGURES: readonly { readonly figure: Figure; readonly text: string; readonly unit: string }[] = [
  { figure: 'p50', text: 'p50', unit: 'us' },
  { figure: 'p99', text: 'p99', unit: 'us' },
  { figure: 'throughput', text: 'throughput', unit: '1/s' },
  { figure: 'cpu', text: 'processor time per 1,000', unit: 'ms' },
];

/** Such as `aiflow ask, traced: p50, 128 B`. */
export function askMetric(label: string, figure: Figure, size: PayloadSize): string {
  return `${label}: ${FIGURES.find(entry => entry.figure === figure)?.text}, ${size.label}`;
}

export const WITHIN_METRIC = 'aiflow ask within a node: p50, 128 B';
export const STREAM_SIZES: readonly PayloadSize[] = SIZES.filter(({ bytes }) => bytes === 128 || bytes === 16_384);
export const streamMetric = (size: PayloadSize): string => `aiflow stream: time per item, ${size.label}`;

const TRACED = 'aiflow ask, traced';
const AIMS: ReadonlyMap<string, RowPlan['aim']> = new Map([
  [askMetric(TRACED, 'p50', SMALL), { of: 'ratio', atMost: 1.25 }],
  [askMetric(TRACED, 'throughput', SMALL), { of: 'ratio', atLeast: 1.5 }],
]);

function acrossRows(size: PayloadSize): readonly RowPlan[] {
  const figures = FIGURES.filter(({ figure }) => figure !== 'cpu' || size === SMALL);
  return figures.flatMap(({ figure, unit }) =>
    ACROSS.map(({ label, peer }): RowPlan => {
      const metric = askMetric(label, figure, size);
      const aim = AIMS.get(metric);
      return {
        metric,
        unit,
        quick: size === SMALL && peer !== true,
        ...(label === BASELINE ? {} : { baseline: askMetric(BASELINE, figure, size) }),
        ...(aim === undefined ? {} : { aim }),
      };
    }),
  );
}

/** What the case `ask` promises. */
export const askRows: readonly RowPlan[] = [
  ...acrossRows(SMALL),
  {
    metric: WITHIN_METRIC,
    unit: 'us',
    baseline: askMetric('aiflow ask', 'p50', SMALL),
    aim: { of: 'ratio', atMost: 0.05 },
  },
  ...STREAM_SIZES.map(
    (size): RowPlan => ({
      metric: streamMetric(size),
      unit: 'us',
      baseline: askMetric('aiflow ask', 'p50', size),
      quick: size === SMALL,
    }),
  ),
  ...SIZES.filter(size => size !== SMALL).flatMap(acrossRows),
];
