// SPDX-License-Identifier: Apache-2.0
import type { AnswerResult } from '@aiflow/node';
import type { MeasuredAcceptance } from './predict-cell.ts';

/** Shares of every pair of exits that met in these answers; each judge is counted against the exit that drafted for it. */
export function acceptanceOf(summaries: readonly AnswerResult['summary'][]): readonly MeasuredAcceptance[] {
  const counts = new Map<string, { draftExit: number; judgeExit: number; judged: number; accepted: number }>();
  for (const { tiers } of summaries) {
    const [drafter, ...others] = tiers;
    let draftExit = drafter?.exit ?? 0;
    for (const { exit, byPosition = [] } of others) {
      const judged = byPosition.reduce((sum, group) => sum + group.judged, 0);
      if (judged === 0) continue; // stood by
      const key = `${draftExit} ${exit}`;
      const past = counts.get(key) ?? { draftExit, judgeExit: exit, judged: 0, accepted: 0 };
      const accepted = byPosition.reduce((sum, group) => sum + group.accepted, 0);
      counts.set(key, { ...past, judged: past.judged + judged, accepted: past.accepted + accepted });
      draftExit = exit;
    }
  }
  return [...counts.values()].map(({ draftExit, judgeExit, judged, accepted }) => ({
    ...{ draftExit, judgeExit },
    share: accepted / judged,
  }));
}
