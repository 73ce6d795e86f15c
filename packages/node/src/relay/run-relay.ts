// SPDX-License-Identifier: Apache-2.0
import { WIRE_FORMATS, type WireFormat } from '@aiflow/codec';
import type { RelayWay } from '@aiflow/placement';
import { AiflowError } from '@aiflow/protocol';
import { type ContinueRequest, continueAnswer, type RelaySummary } from '@aiflow/roles';
import type { Fleet } from '../client/fleet.ts';
import type { RelayPair } from './relay-pair.ts';

/** What is relayed. */
export interface RelayTask {
  readonly question: string;
  readonly pair: RelayPair;
  /** Tokens the source says with its own exit before the other goes on. */
  readonly after: number;
  readonly maxTokens: number;
  /** Runs of each way, of which the median counts. */
  readonly repeats: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** One way of going on, run several times. */
export interface RelayTrial {
  readonly way: RelayWay;
  /** Absent for `ids`, of which no numbers travel. */
  readonly wireFormat?: WireFormat;
  /** The run whose first token took the median time. */
  readonly summary: RelaySummary;
  readonly firstTokenMs: readonly number[];
  readonly firstComputeMs: readonly number[];
}

/** A way of going on that did not come to its end. */
export interface FailedTrial extends Way {
  readonly failure: AiflowError;
}

type Way = Pick<RelayTrial, 'way' | 'wireFormat'>;

/** What came of all ways. */
export interface RelayTrials {
  readonly done: readonly RelayTrial[];
  readonly failed: readonly FailedTrial[];
}

/** Everything again first: what the others are held against. */
export const RELAY_TRIALS: readonly Way[] = [
  { way: 'ids' },
  ...WIRE_FORMATS.map(wireFormat => ({ way: 'features', wireFormat }) as const),
  ...WIRE_FORMATS.map(wireFormat => ({ way: 'cache', wireFormat }) as const),
];

/**
 * Has the source begin the answer, then the other go on with it in every way, one after the other and several times over.
 * The source holds the session, as a node does that was answering; what it computed before is not counted again. A way
 * that takes too long on this link is not tried again; starting over must come to its end.
 */
export async function runRelay(
  fleet: Fleet,
  task: RelayTask,
  onTrial: (way: Way) => void = () => undefined,
): Promise<RelayTrials> {
  const session = `relay.${fleet.client}`;
  const begun = await goOn(fleet, task, { session, way: 'features', ownTokens: task.after, maxTokens: 2 });
  await goOn(fleet, task, { way: 'ids', answer: begun.standing, maxTokens: 2 }); // builds what only a first run costs
  const runs = new Map<Way, RelaySummary[]>(RELAY_TRIALS.map(way => [way, []]));
  const failed: FailedTrial[] = [];
  for (let repeat = 0; repeat < task.repeats; repeat++) {
    for (const [way, summaries] of runs) {
      onTrial(way);
      try {
        summaries.push(await goOn(fleet, task, { ...way, session, answer: begun.standing }));
      } catch (error) {
        const failure = AiflowError.from(error);
        if (way.way === 'ids' || !LINK_CODES.has(failure.code) || task.signal.aborted) throw error;
        runs.delete(way);
        failed.push({ ...way, failure });
      }
    }
  }
  return { done: [...runs].map(([way, summaries]) => toTrial(way, summaries)), failed };
}

/** What a link that is too slow or breaks looks like. */
const LINK_CODES: ReadonlySet<string> = new Set(['deadline-exceeded', 'unavailable']);

async function goOn(fleet: Fleet, task: RelayTask, request: Partial<ContinueRequest>): Promise<RelaySummary> {
  const { pair, question, maxTokens, deadlineMs, signal } = task;
  const { source, layer, exit } = pair;
  const whole: ContinueRequest = { question, maxTokens, deadlineMs, source, layer, exit, ...request };
  const to = { node: pair.continuer, actor: 'continuer' };
  for await (const item of fleet.stream(to, continueAnswer, whole, { timeoutMs: deadlineMs + 2000, signal })) {
    if (item.kind === 'summary') return checked(item.summary, request.way ?? 'features');
  }
  throw new AiflowError('data-loss', 'the relay ended without its summary: run it again');
}

/** What went on alone after it lost its source measures nothing of a relay. */
function checked(summary: RelaySummary, way: RelayWay): RelaySummary {
  if (summary.way === way) return summary;
  throw new AiflowError('unavailable', `the relay did not hold: ${summary.reasons.join('; ')}`);
}

function toTrial(way: Way, summaries: readonly RelaySummary[]): RelayTrial {
  const sorted = [...summaries].sort((one, other) => one.firstTokenMs - other.firstTokenMs);
  const median = sorted[(sorted.length - 1) >> 1];
  if (median === undefined) throw new AiflowError('invalid-argument', 'repeats is 0: give 1 or more');
  return {
    ...way,
    summary: median,
    firstTokenMs: summaries.map(({ firstTokenMs }) => firstTokenMs),
    firstComputeMs: summaries.map(({ compute }) => compute.firstMs),
  };
}
