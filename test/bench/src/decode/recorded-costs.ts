// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AcceptanceFacts, CostPoint } from '@aiflow/placement';
import { benchFolder } from '../harness/bench-folder.ts';

/** What one exit costs on the machine that was measured. */
export interface RecordedCost {
  readonly stepMs: number;
  readonly verify: readonly CostPoint[];
}

/** What the grid is played with: costs and acceptance of the real engine. */
export interface RecordedCosts {
  readonly date: string;
  readonly machine: string;
  readonly how: string;
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly costs: Readonly<Record<string, RecordedCost>>;
  readonly acceptance: readonly AcceptanceFacts[];
  /** Share of tokens, by exit, that are what exit 11 says. */
  readonly agreement: Readonly<Record<string, number>>;
}

/** Where they stand. */
export const RECORDED_COSTS_FILE: string = join(benchFolder, 'recorded/decode-costs.json');

export async function readRecordedCosts(): Promise<RecordedCosts> {
  return JSON.parse(await readFile(RECORDED_COSTS_FILE, 'utf8')) as RecordedCosts;
}
