// SPDX-License-Identifier: Apache-2.0
import { createHistogram } from './histogram.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { METRICS } from './names.ts';

/** Blocks that a verifier judged in one call. */
export interface BatchFigures {
  readonly sessions: number;
  /** Drafted tokens in all blocks together. */
  readonly tokens: number;
  /** Of the whole call. */
  readonly computeMs: number;
}

const SESSION_BOUNDS: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
const TOKEN_BOUNDS: readonly number[] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256];
const COMPUTE_BOUNDS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What counts a verifier's batches, so that they show in `registry`. Throws `already-exists` when it has some. */
export function createBatchMetrics(registry: MetricRegistry): (batch: BatchFigures) => void {
  const sessions = createHistogram(SESSION_BOUNDS);
  const tokens = createHistogram(TOKEN_BOUNDS);
  const compute = createHistogram(COMPUTE_BOUNDS_SECONDS);
  const shown = [
    { name: METRICS.verifyBatchSessions, help: 'Sessions whose drafts were judged in one call', histogram: sessions },
    { name: METRICS.verifyBatchTokens, help: 'Drafted tokens that were judged in one call', histogram: tokens },
    { name: METRICS.verifyBatchCompute, help: 'Time the model computed for one such call', histogram: compute },
  ];
  for (const { name, help, histogram } of shown) {
    registry.registerHistogram(name, help, () => [{ labels: {}, histogram }]);
  }
  return batch => {
    sessions.observe(batch.sessions);
    tokens.observe(batch.tokens);
    compute.observe(batch.computeMs / 1000);
  };
}
