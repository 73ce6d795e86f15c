// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@aiflow/time';
import { formatProfiles, formatSimulation } from '../simulation/format-simulation.ts';
import { LINK_PROFILES } from '../simulation/link-profiles.ts';
import { prepareSimulation, type SimulationOverrides } from '../simulation/prepare-simulation.ts';
import { runSimulation } from '../simulation/run-simulation.ts';
import type { SimulatedAnswer, SimulatedTiers } from '../simulation/simulation-report.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatLogLine } from './format-log-line.ts';
import type { Terminal } from './terminal.ts';

/** Settings of `aiflow simulate`. */
export interface SimulateOptions extends SimulationOverrides {
  readonly file: string;
  readonly json: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** `aiflow simulate FILE`: status 0 where every question was answered, 1 where one was not. */
export async function runSimulate(terminal: Terminal, options: SimulateOptions): Promise<number> {
  const { file, profile, seed, json, clock, signal } = options;
  const say = json ? (): void => undefined : (line: string): void => terminal.err(`${line}\n`);
  const plan = await prepareSimulation(file, { profile, seed });
  const report = await runSimulation(plan, {
    ...{ clock, signal, environment: terminal.environment, onProgress: say },
    onLog: (node, line) => {
      const shown = formatLogLine(node, line, terminal.color);
      if (shown !== undefined && !shown.includes('trust on first use')) say(shown);
    },
    onAnswer: (asked, answer) => say(describe(asked, answer)),
  });
  terminal.out(json ? `${JSON.stringify(report)}\n` : `\n${formatSimulation(report, terminal.color)}`);
  const isWhole = report.rounds.every(({ summary }) => summary.answered === summary.questions);
  return isWhole ? EXIT_STATUS.ok : EXIT_STATUS.failed;
}

function describe(asked: SimulatedTiers, { outcome, ms, error }: SimulatedAnswer): string {
  if (error !== undefined) return `${asked}: ${outcome}, ${error.code}: ${error.message}`;
  return `${asked}: ${outcome} in ${ms?.toFixed(0) ?? '-'} ms`;
}

/** `aiflow simulate --profiles`. */
export function showProfiles(terminal: Terminal, json: boolean): number {
  terminal.out(json ? `${JSON.stringify(LINK_PROFILES)}\n` : formatProfiles());
  return EXIT_STATUS.ok;
}
