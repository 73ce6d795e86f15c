// SPDX-License-Identifier: Apache-2.0
//
// What a node's advert says of its family. Times are measured once the node is ready, a point at a time, so that no
// question waits for more than one block; until then the curve is empty.
import type { Logger } from '@aiflow/actor';
import type { HostedEngine, VerifyPoint } from '@aiflow/model';
import { AiflowError, type FamilyReport } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';

/** Block lengths of the curve, in tokens. */
export const CURVE_POINTS: readonly number[] = [1, 4, 8, 16, 32];

/** Runs of a point, of which the median counts. */
const REPEATS = 3;
/** What a node gives to measuring; points that are left then stay out. */
const MOST_MS = 1000;

/** A report that grows. */
export interface FamilyReporter {
  report(): FamilyReport;
  /** Measures how long verifying takes at `exit`. Ends early when `signal` aborts; never rejects. */
  measure(exit: number, signal: AbortSignal): Promise<void>;
}

/** The part of an engine that is reported on. */
export type ReportedEngine = Pick<
  HostedEngine,
  'family' | 'format' | 'exits' | 'tensorContract' | 'featureSpaces' | 'measureVerifyCurve'
>;

/** Reports on one engine. */
export function createFamilyReporter(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  engine: ReportedEngine,
): FamilyReporter {
  const points: VerifyPoint[] = [];
  const { family, format, exits, tensorContract, featureSpaces } = engine;
  return {
    report: () => ({
      ...{ family, tensorContract, exits },
      featureSpaces: [...featureSpaces].map(([layer, id]) => ({ layer, id })),
      verifyCurve: points.map(({ tokens, ms }) => ({ format, tokens, ms })),
      exitCosts: [],
    }),
    measure: async (exit, signal) => {
      const beganMs = clock.nowMs();
      try {
        for (const tokens of CURVE_POINTS) {
          if (signal.aborted || clock.nowMs() - beganMs > MOST_MS) break;
          points.push(...(await engine.measureVerifyCurve({ exit, tokens: [tokens], repeats: REPEATS }, signal)));
        }
      } catch (error) {
        if (!signal.aborted)
          logger.warn('the verify curve was not measured', { because: AiflowError.from(error).message });
      }
    },
  };
}
