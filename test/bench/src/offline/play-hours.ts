// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type DrivenProcess, startDrivenProcess } from '../harness/driven-process.ts';
import type { HourCommand } from './hour-process.ts';
import type { HourReport } from './judge-hour.ts';
import { describeFaults } from './play-hour.ts';

/** Which hours, and who hears of them. */
export interface PlayHoursOptions {
  readonly firstSeed: number;
  readonly hours: number;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

const PROCESSES = 2;
const HOUR_LIMIT_MS = 180_000;
const TOLD_EVERY = 20;

/** Plays hours of as many seeds, over two processes; what is wrong in one is told at once. */
export async function playHours(options: PlayHoursOptions): Promise<readonly HourReport[]> {
  const seeds = Array.from({ length: options.hours }, (_, at) => options.firstSeed + at);
  const reports: HourReport[] = [];
  await Promise.all(Array.from({ length: Math.min(PROCESSES, seeds.length) }, () => work(options, seeds, reports)));
  return reports.sort((one, other) => one.seed - other.seed);
}

async function work(options: PlayHoursOptions, seeds: number[], reports: HourReport[]): Promise<void> {
  const file = join(import.meta.dirname, 'hour-process.js');
  await using player: DrivenProcess<HourCommand> = await startDrivenProcess<HourCommand>({
    ...{ name: 'a player of hours', file, args: [], commandLimitMs: HOUR_LIMIT_MS },
  });
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    options.signal.throwIfAborted();
    const report = (await player.request({ seed })) as HourReport;
    reports.push(report);
    for (const line of describeFaults(report)) options.progress(line);
    if (reports.length % TOLD_EVERY === 0) options.progress(`${reports.length} of ${options.hours} hours`);
  }
}
