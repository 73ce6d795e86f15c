// SPDX-License-Identifier: Apache-2.0
import type { Recording } from '../harness/build-rows.ts';
import { COMPARISONS, changedMetric, type JudgeFormat, lengthMetric, mismatchMetric, PLAN } from './rows.ts';

/** What the recorded run of the case `batching` says of int8 verification; that there is none, where there is none. */
export function nearExactSection(recording: Recording | undefined): string {
  if (recording === undefined)
    return `${WHAT_IT_IS}\nNo full run is recorded yet: \`npm run bench -- batching --record\`.\n`;
  const figureOf = (metric: string): number | undefined =>
    recording.rows.find(row => row.metric === metric)?.value ?? undefined;
  const lines = COMPARISONS.map(([judge, lone]) => comparisonLine(judge, lone, figureOf));
  return `${WHAT_IT_IS}
| judge | held against | committed tokens | mismatches per 1,000 | answers that differ |
| --- | --- | --- | --- | --- |
${lines.join('\n')}

${PLAN.nearExactQuestions} held-out questions of every kind; exit 1 drafts blocks of 8 in fp32 and exit 11 judges them. Answers run freely and
are compared place by place, so that one early difference counts for most of what follows.
Recorded on ${recording.date} at ${recording.commit}, ${recording.machine}.
`;
}

const WHAT_IT_IS = `Only fp32 claims the text of the reference alone. A verifier may compute in int8: numbers are rounded otherwise in a
block than in a single step, and now and then another token wins. Such answers are called \`near-exact\`, never exact.
`;

function comparisonLine(
  judge: JudgeFormat,
  lone: JudgeFormat,
  figureOf: (metric: string) => number | undefined,
): string {
  const rate = figureOf(mismatchMetric(judge, lone))?.toFixed(2);
  const changed = figureOf(changedMetric(judge, lone));
  const cells = [
    ...[judge, `${lone} alone`, figureOf(lengthMetric(judge))?.toString(), rate],
    changed === undefined ? undefined : `${changed} of ${PLAN.nearExactQuestions}`,
  ];
  return `| ${cells.map(cell => cell ?? 'not measured').join(' | ')} |`;
}
