// SPDX-License-Identifier: Apache-2.0
//
// What a node's advert says of its family. Times are measured once the node is ready and now and then after, so that
// they follow the machine; an exit's are stated once it was measured whole and twice alike, or as well as it can be.
import type { Logger } from '@aiflow/actor';
import type { HostedEngine } from '@aiflow/model';
import { AiflowError, type ExitCostReport, type FamilyReport } from '@aiflow/protocol';
import { type Clock, createSystemRandom, type Random, sleep } from '@aiflow/time';
import type { EngineActivity } from './engine-activity.ts';
import { type BlockTimes, createExitCostMeter, type MeasuredEngine } from './exit-costs.ts';

/** Block lengths of the curve, in tokens. */
export const CURVE_POINTS: readonly number[] = [1, 4, 8, 16, 32];

/** A block as long as those a prompt is taken in by. */
const PROMPT_BLOCK = 64;
/** The second series comes when a fleet that starts together has come to rest, the others to follow the machine. */
const PAUSES_MS = { first: 30_000, later: 600_000 };

/** A report that grows. */
export interface FamilyReporter {
  report(): FamilyReport;
  /**
   * Measures what `exits` cost, the first of them for builds that know one curve only, until `signal` aborts. Questions
   * go before it. Never rejects: after a series that fails what was stated stands, and the next one comes.
   */
  measure(exits: readonly number[], signal: AbortSignal): Promise<void>;
}

/** The part of an engine that is reported on. */
export type ReportedEngine = Pick<HostedEngine, 'family' | 'format' | 'exits' | 'tensorContract' | 'featureSpaces'> &
  MeasuredEngine;

/** What a reporter works with. */
export interface FamilyReporterCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Draws when to measure. Default: seeded by the operating system, as neighbours must not draw alike. */
  readonly random?: Random;
  /** What questions make the engine do. */
  readonly activity: Pick<EngineActivity, 'busy' | 'onBusy'>;
}

/** Reports on one engine. */
export function createFamilyReporter(
  { clock, logger, random = createSystemRandom(), activity }: FamilyReporterCollaborators,
  engine: ReportedEngine,
): FamilyReporter {
  const meter = createExitCostMeter({ clock, random, activity }, engine);
  const { family, format, exits, tensorContract, featureSpaces } = engine;
  let measured: readonly number[] = [];
  return {
    report: () => ({
      ...{ family, tensorContract, exits },
      featureSpaces: [...featureSpaces].map(([layer, id]) => ({ layer, id })),
      verifyCurve: blocksOf(meter.timesOf(measured[0] ?? 0)).map(point => ({ format, ...point })),
      exitCosts: measured.flatMap(exit => costOf({ exit, format }, meter.timesOf(exit))),
    }),
    measure: async (wanted, signal) => {
      measured = wanted;
      for (let pauseMs = PAUSES_MS.first; !signal.aborted; pauseMs = PAUSES_MS.later) {
        await meter.measure(wanted, signal).catch(error => {
          const because = AiflowError.from(error).message;
          if (!signal.aborted) logger.warn('what exits cost was not measured to the end', { because });
        });
        await sleep(clock, pauseMs, signal).catch(() => undefined); // the loop's condition tells
      }
    },
  };
}

function costOf(of: { readonly exit: number; readonly format: string }, times: BlockTimes): readonly ExitCostReport[] {
  const [stepMs, promptMs] = [times.get(0), times.get(PROMPT_BLOCK)];
  if (stepMs === undefined || promptMs === undefined) return [];
  const prefillTokenMs = promptMs / (PROMPT_BLOCK + 1); // a block has a row more
  return [{ ...of, stepMs, prefillTokenMs, verify: blocksOf(times) }];
}

function blocksOf(times: BlockTimes): readonly { readonly tokens: number; readonly ms: number }[] {
  return CURVE_POINTS.flatMap(tokens => {
    const ms = times.get(tokens);
    return ms === undefined ? [] : [{ tokens, ms }];
  });
}
