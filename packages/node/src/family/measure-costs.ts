// SPDX-License-Identifier: Apache-2.0
import type { DraftRequest, HostedEngine } from '@aiflow/model';
import { CURVE_POINTS } from '../daemon/family-report.ts';
import type { MeasuredCell } from './measured-family.ts';
import { type ProcessMemory, readProcessMemory } from './process-memory.ts';

/** What one exit costs. */
export type ExitCosts = Pick<MeasuredCell, 'msPerToken' | 'verifyCurve' | 'residentBytes' | 'proportionalBytes'>;

/** The part of a hosted engine that costs are measured on. */
export type CostEngine = Pick<HostedEngine, 'open' | 'draft' | 'close' | 'measureVerifyCurve' | 'statistics'>;

/** What an exit's cost is measured by. */
export interface CostPlan {
  readonly exit: number;
  /** Only the last rung verifies. */
  readonly verifies: boolean;
  /** Prompts as of real questions; the time a token is the median over them. */
  readonly prompts: readonly (readonly number[])[];
}

const TOKENS = 24;
/** An answer with fewer tokens after the first says little about time. */
const FEWEST_TOKENS = 6;

/** Memory first, of a host that has answered nothing yet; then the time of a token after the prompt and of blocks. */
export async function measureCosts(engine: CostEngine, { exit, verifies, prompts }: CostPlan): Promise<ExitCosts> {
  const { pid } = engine.statistics();
  const memory = pid === undefined ? undefined : await readProcessMemory(pid);
  const times: number[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const ms = await timeToken(engine, { session: `cost-${index}`, exit }, prompt);
    if (ms !== undefined) times.push(ms);
  }
  const verifyCurve = verifies ? [...(await engine.measureVerifyCurve({ exit, tokens: CURVE_POINTS }))] : undefined;
  const msPerToken = times.sort((one, other) => one - other)[times.length >> 1];
  return {
    ...(msPerToken === undefined ? {} : { msPerToken }),
    ...(verifyCurve === undefined ? {} : { verifyCurve }),
    ...(memory satisfies ProcessMemory | undefined),
  };
}

async function timeToken(
  engine: CostEngine,
  { session, exit }: Pick<DraftRequest, 'session' | 'exit'>,
  prompt: readonly number[],
): Promise<number | undefined> {
  await engine.open({ session, prompt });
  await engine.draft({ session, exit, base: 0, count: 1 });
  const { tokens, computeMs } = await engine.draft({ session, exit, base: 1, count: TOKENS });
  await engine.close(session);
  return tokens.length < FEWEST_TOKENS ? undefined : computeMs / tokens.length;
}
