// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';
import type { CaseContext } from '../harness/bench-case.ts';
import type { RoundCollector } from '../harness/collect-rounds.ts';
import type { DrivenProcess } from '../harness/driven-process.ts';
import type { OwnCommand, OwnFigures, OwnRequests } from './own-process.ts';
import {
  BATCH_SIZES,
  type BatchWork,
  batchMetric,
  callMetric,
  cutMetric,
  loadMetric,
  MEMORY,
  OWN_FORMATS,
  ownRows,
  RECYCLING,
  REQUESTS,
} from './own-rows.ts';

/** What measures of our engine alone work with. */
export interface OwnRun {
  readonly process: DrivenProcess<OwnCommand>;
  readonly context: CaseContext;
  readonly rounds: RoundCollector;
}

/** One round of everything that is measured in rounds. */
export async function measureOwnRound(run: OwnRun): Promise<void> {
  for (const { format, verifies } of OWN_FORMATS) {
    const works: readonly BatchWork[] = verifies ? ['verify', 'draft'] : ['draft'];
    for (const work of works) {
      for (const sessions of BATCH_SIZES) await measureBatch(run, { format, work, sessions });
    }
    await measureFormat(run, format);
  }
}

async function measureBatch(run: OwnRun, request: OwnRequests['batch']): Promise<void> {
  const { work, format, sessions } = request;
  const figures = await ask(run, 'batch', request);
  run.rounds.add(batchMetric(work, format, sessions, 'one by one'), figures.oneByOneMs);
  run.rounds.add(batchMetric(work, format, sessions, 'at once'), figures.atOnceMs);
}

async function measureFormat(run: OwnRun, format: ComputeFormat): Promise<void> {
  const cuts = await ask(run, 'cuts', { format });
  run.rounds.add(cutMetric(format, 'in one piece'), cuts.wholeMs);
  run.rounds.add(cutMetric(format, 'cut at every exit'), cuts.cutMs);
  const calls = await ask(run, 'calls', { format });
  run.rounds.add(callMetric(format, 'going on'), calls.goingOnMs);
  run.rounds.add(callMetric(format, 'after a crop'), calls.afterCropMs);
  run.rounds.add(callMetric(format, 'after another session'), calls.afterSwitchMs);
  run.rounds.add(loadMetric(format), await ask(run, 'load', { format }));
}

/** What takes long and is measured once. */
export async function measureOwnOnce(run: OwnRun): Promise<void> {
  const { context, rounds } = run;
  const requests = context.quick ? REQUESTS.quick : REQUESTS.full;
  context.progress(`memory over ${requests} requests`);
  const memory = await ask(run, 'memory', { requests });
  rounds.add(MEMORY.before, memory.beforeBytes / 1e6);
  rounds.add(MEMORY.after, memory.afterBytes / 1e6);
  context.progress('recycling');
  const recycling = await ask(run, 'recycling', {});
  rounds.add(RECYCLING.opening, recycling.openingMs);
  rounds.add(RECYCLING.longest, recycling.longestMs);
  rounds.add(RECYCLING.differing, recycling.differing);
}

/** No row of ours has a value: the reason says why. */
export function markOwnUnavailable(rounds: RoundCollector, reason: string): void {
  for (const { metric } of ownRows) rounds.unavailable(metric, reason);
}

function ask<Kind extends keyof OwnRequests>(
  { process, context }: OwnRun,
  kind: Kind,
  request: OwnRequests[Kind],
): Promise<OwnFigures[Kind]> {
  context.signal.throwIfAborted();
  return process.request({ kind, ...request } as OwnCommand) as Promise<OwnFigures[Kind]>;
}
