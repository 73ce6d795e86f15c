// SPDX-License-Identifier: Apache-2.0
import type { CostPoint, ExitCost } from '@aiflow/placement';

const MAX_POINTS = 16;
const COST_LIMITS = { least: 0.01, most: 600_000 };

/** Figures from outside as ones to reckon with; undefined where they make no sense. */
export function saneCost(cost: ExitCost | undefined): ExitCost | undefined {
  if (cost === undefined || !isAmount(cost.stepMs)) return undefined;
  const { exit, format, stepMs, prefillTokenMs } = cost;
  const verify = (cost.verify ?? []).slice(0, MAX_POINTS).filter(isSanePoint);
  return {
    ...{ exit, format, stepMs: within(stepMs, COST_LIMITS, stepMs) },
    ...(verify.length === 0
      ? {}
      : { verify: verify.map(({ tokens, ms }) => ({ tokens, ms: within(ms, COST_LIMITS, ms) })) }),
    ...(isAmount(prefillTokenMs) ? { prefillTokenMs: Math.min(COST_LIMITS.most, prefillTokenMs) } : {}),
  };
}

function isSanePoint({ tokens, ms }: CostPoint): boolean {
  return Number.isFinite(tokens) && tokens >= 1 && tokens <= 4096 && isAmount(ms);
}

/** Finite and not negative. */
export function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

/** Brought between its limits; `otherwise` when it is no finite number. */
export function within(value: number, { least, most }: { least: number; most: number }, otherwise: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}
