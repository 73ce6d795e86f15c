// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import { quantile } from '../harness/statistics.ts';
import type { Ask } from './contenders/contender.ts';

/** Times of asks made one after the other, in microseconds. */
export interface LatencyFigures {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** `batch` asks make one sample, for those too short for the clock. */
export async function measureLatency(
  ask: Ask,
  options: { bytes: number; samples: number; batch: number },
): Promise<LatencyFigures> {
  const times = new Float64Array(options.samples);
  for (let sample = 0; sample < options.samples; sample++) {
    const beganMs = performance.now();
    for (let index = 0; index < options.batch; index++) checkEcho(await ask(), options.bytes);
    times[sample] = ((performance.now() - beganMs) * 1000) / options.batch;
  }
  return { p50Us: quantile(times, 0.5), p99Us: quantile(times, 0.99) };
}

/** What a while of asks in parallel came to. */
export interface ThroughputFigures {
  readonly asks: number;
  readonly perSecond: number;
}

/** Keeps `inFlight` asks under way for `durationMs`. */
export async function measureThroughput(
  ask: Ask,
  options: { bytes: number; inFlight: number; durationMs: number },
): Promise<ThroughputFigures> {
  const beganMs = performance.now();
  const endMs = beganMs + options.durationMs;
  let asks = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) {
      checkEcho(await ask(), options.bytes);
      asks++;
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, lane));
  return { asks, perSecond: (asks * 1000) / (performance.now() - beganMs) };
}

/** A contender that answers with something else is not measured. */
function checkEcho(received: number, sent: number): void {
  if (received !== sent) throw new Error(`an echo of ${sent} bytes came back with ${received}`);
}
