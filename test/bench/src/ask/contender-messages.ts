// SPDX-License-Identifier: Apache-2.0
import type { LatencyFigures, ThroughputFigures } from './drive-load.ts';

/** What the bench asks of a contender's process, over the process's own channel. */
export type ContenderCommand =
  | { readonly kind: 'latency'; readonly bytes: number; readonly samples: number; readonly batch: number }
  | { readonly kind: 'throughput'; readonly bytes: number; readonly inFlight: number; readonly durationMs: number }
  | { readonly kind: 'stream'; readonly bytes: number; readonly items: number }
  | { readonly kind: 'cpu' };

/** Its answers by command. */
export interface ContenderResults {
  readonly latency: LatencyFigures;
  readonly throughput: ThroughputFigures;
  readonly stream: { readonly perItemUs: number };
  /** Processor time that the process has used so far. */
  readonly cpu: { readonly cpuMs: number };
}
