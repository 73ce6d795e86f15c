// SPDX-License-Identifier: Apache-2.0

import { nearExactSection } from '../batching/near-exact-section.ts';
import { describeAim, isMet } from '../harness/aim.ts';
import type { Recording } from '../harness/build-rows.ts';
import { cellsSection } from './cells-section.ts';
import { GRID_AIMS, gainOf, shareOfBest } from './grid-aims.ts';
import {
  AGREEING_AGREEMENT,
  DRAFT_EXIT,
  EDGE_FACTOR,
  EDGE_LINK,
  GRID_FACTORS,
  type GridCell,
  REFERENCE_EXIT,
} from './grid-cell.ts';
import type { FixedMode } from './grid-modes.ts';
import type { RecordedCosts } from './recorded-costs.ts';
import { FULL_EFFORT, type GridResult } from './run-grid.ts';
import { slowDeviceSection } from './slow-device-section.ts';
import { tidyPage } from './tidy-page.ts';

const MODES: readonly FixedMode[] = [
  'cloud-only',
  'local-only',
  'device and cloud',
  'edge-only',
  'device and edge',
  'three tiers',
];
const BEST_SHARE = 0.95;

/** Full runs of other cases that the page speaks of. */
export interface PageRecordings {
  readonly cells?: Recording | undefined;
  readonly batching?: Recording | undefined;
}

/** The page that shows every cell of the grid, and says which of them lose. */
export function decodingPage(
  recorded: RecordedCosts,
  results: readonly GridResult[],
  { cells, batching }: PageRecordings = {},
): string {
  const parts = [
    INTRODUCTION,
    howItWasPlayed(recorded),
    '## Aims\n',
    aimTable(results),
    `\n## Which cells lose\n\n${losses(results)}`,
    slowDeviceSection(recorded, results),
    `\n## As real processes\n\n${cellsSection(cells)}`,
    `\n## near-exact\n\n${nearExactSection(batching)}`,
    `\n## Break-even\n\n${BREAK_EVEN}`,
    `\n## What an answer cost\n\n${WHAT_IT_COST}`,
    `\n## Tried and not kept\n\n${TRIED}`,
    '\n## Every cell\n',
    CELL_COLUMNS,
    ...[false, true].flatMap(hasEdge => GRID_FACTORS.map(factor => cellTable(results, { hasEdge, factor }))),
    agreeingTable(results),
  ];
  return tidyPage(parts.join('\n'));
}

const INTRODUCTION = `# Decoding together: where it pays

Written by \`node test/bench/dist/decode/decoding-page-process.js\` after \`npm run build\`; don't edit it by hand.

A device that drafts and a cloud that judges give the text of the cloud alone, sooner or later than it. Sooner where
the device is quick, its drafts are mostly right and the link is short: every wrong draft costs a round trip, and every
message costs the link's rate. \`@aiflow/placement\` weighs the ways that give the same text and takes the fastest; where
drafting does not pay it is off. Each decision comes with its reasons, in figures.
`;

const BREAK_EVEN = `![Up to which round trip drafting pays, by agreement](decoding-break-even.svg)

Below a line, drafting on the device with the cloud as its judge is faster than the cloud alone: by the planner's
estimates, which the tests hold to within 15 % of the driver on virtual time. Solid and dotted: as fast; dashed: 1.25
times as fast.
`;

const WHAT_IT_COST = `Every \`aiflow ask\` can say what was decided: \`--explain\` prints the plan, its reasons, what the other ways were expected
to take, and the ledger of what it cost: milliseconds and tokens by tier, bytes by link, drafted and accepted tokens.
\`--json\` has the same as \`plan\` and \`ledger\`, and the answer's span in a trace has the choice and its reason. What it went
by is measured: nodes measure each of their exits when they are ready and every ten minutes, while no question is under
way, and say it in their adverts.

Joules appear for nodes whose file states what they draw while they compute:

\`\`\`yaml
power: { watts: 12 }
\`\`\`

They are computing time times these watts: of the answer's work, not of an idle machine. A node that states nothing has
no joules, and the sum is of those that do.
`;

const TRIED = `After a rejection, a verifier could say its own next tokens while the owner's next block is on its way. Tried in the
driver, as answers to the blocks that the rejection had made worthless (device 1x, no edge, 10 Mbit/s, drafts of 8): 3 %
slower at 20 ms, 2 % faster at 50 ms, 4 % at 80 ms, 6 % at 150 ms, 8 % at 300 ms, where the device alone is faster
anyway. That pays for neither the work at a verifier which others use too nor another rule in the session.
`;

const CELL_COLUMNS = `Milliseconds an answer. \`device and cloud\`, \`device and edge\` and \`three tiers\` are the best of drafts of 4, 8 and
16 tokens, known only in hindsight. *Gain*: the cloud alone over ours. *Best*: the best fixed choice over ours.
`;

function howItWasPlayed({ date, machine, how, promptTokens, answerTokens, costs }: RecordedCosts): string {
  const { warmUpAnswers, answers } = FULL_EFFORT;
  const [draftMs, stepMs] = [costs[DRAFT_EXIT]?.stepMs ?? 0, costs[REFERENCE_EXIT]?.stepMs ?? 0];
  return `The grid runs on virtual time: the driver of \`@aiflow/decode\` over engines that only take time, with costs recorded on
${machine}, on ${date}. ${how}

Answers of ${answerTokens} tokens to prompts of ${promptTokens}, fp32 everywhere, exit 11 is the reference. *1x*: the device's machine is as fast as the
cloud's (its exit 1 then takes ${draftMs.toFixed(2)} ms where the cloud's step takes ${stepMs.toFixed(2)}). The device drafts with exit 1 and holds exit 11 too
(*local-only*). Where there is an edge, it holds exits 5 and 11, is ${EDGE_FACTOR} times slower than the cloud and ${EDGE_LINK.rttMs} ms away at
${((EDGE_LINK.bytesPerSecond ?? 0) * 8) / 1e6} Mbit/s. A message takes 460 bytes and two a token. Each figure is the mean of ${answers} answers, the same ones in every
column; ours had answered ${warmUpAnswers} others before, and its trials count. One answer varies by some 20 %, a mean by 4 %, between
columns by less, as the answers are the same.

The case \`decode\` of the [bench](bench/results.md) runs tiers as real processes on two cores, all slowed three times so that they
fit. There a device at 1x took a third of the cloud's time up to a round trip of 80 ms, and one at 3x gained 2 to 15 %.
`;
}

function aimTable(results: readonly GridResult[]): string {
  const rows = GRID_AIMS.map(({ plan, worstOf }) => {
    const value = worstOf(results);
    const met = isMet(plan.aim, value ?? null, null);
    const aim = plan.aim === undefined ? '' : describeAim(plan.aim);
    return [plan.metric, value === undefined ? '-' : value.toFixed(2), aim, met ? 'yes' : '**NO**'];
  });
  return table(['worst cell', 'value', 'aim', 'met'], rows);
}

function losses(results: readonly GridResult[]): string {
  const plain = results.filter(({ cell }) => cell.draftAgreement === undefined);
  const isDrafting = ({ ours }: GridResult): boolean => ours.kind === 'two-tiers' || ours.kind === 'three-tiers';
  const off = plain.filter(result => !isDrafting(result));
  const short = results.filter(result => shareOfBest(result) < BEST_SHARE);
  return [
    `Drafting loses in ${off.length} of ${plain.length} cells and is off there:\n`,
    ...groupByFleet(off).map(line => `- ${line}`),
    '',
    short.length === 0
      ? `In no cell is ours under ${BEST_SHARE} of the best fixed choice.`
      : `In ${short.length} ${short.length === 1 ? 'cell' : 'cells'} ours is under ${BEST_SHARE} of the best fixed choice: ${short.map(describeShort).join('; ')}.`,
    '',
  ].join('\n');
}

function groupByFleet(results: readonly GridResult[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { cell, ours } of results) {
    const key = `device ${cell.deviceFactor}x, ${cell.hasEdge ? 'with an edge' : 'no edge'}, ${cell.mbitPerSecond} Mbit/s, ${ours.label}`;
    groups.set(key, [...(groups.get(key) ?? []), String(cell.rttMs)]);
  }
  return [...groups].map(([key, rtts]) => `${key}: RTT ${rtts.join(', ')} ms`);
}

function describeShort(result: GridResult): string {
  return `${describeCell(result.cell)} (${shareOfBest(result).toFixed(2)}, ${result.best.mode} was best)`;
}

function describeCell({ deviceFactor, hasEdge, mbitPerSecond, rttMs, draftAgreement }: GridCell): string {
  const agreement = draftAgreement === undefined ? '' : `, agreement ${draftAgreement}`;
  return `device ${deviceFactor}x${hasEdge ? ' with an edge' : ''}, ${mbitPerSecond} Mbit/s, ${rttMs} ms${agreement}`;
}

function cellTable(
  results: readonly GridResult[],
  { hasEdge, factor }: { readonly hasEdge: boolean; readonly factor: number },
): string {
  const rows = results.filter(
    ({ cell }) => cell.hasEdge === hasEdge && cell.deviceFactor === factor && cell.draftAgreement === undefined,
  );
  return `### Device ${factor}x, ${hasEdge ? 'with an edge' : 'no edge'}\n\n${resultTable(rows, hasEdge)}\n`;
}

function agreeingTable(results: readonly GridResult[]): string {
  const rows = results.filter(({ cell }) => cell.draftAgreement !== undefined);
  const title = `### Device 3x, drafts that agree in ${Math.round(100 * AGREEING_AGREEMENT)} %`;
  const parts = [false, true].map(hasEdge =>
    resultTable(
      rows.filter(({ cell }) => cell.hasEdge === hasEdge),
      hasEdge,
    ),
  );
  return `${title}\n\n${parts[0]}\n\nWith an edge:\n\n${parts[1]}\n`;
}

function resultTable(results: readonly GridResult[], hasEdge: boolean): string {
  const modes = hasEdge ? MODES : MODES.filter(mode => mode !== 'three tiers' && !mode.includes('edge'));
  const rows = results.map(result => [
    `${result.cell.mbitPerSecond}`,
    `${result.cell.rttMs}`,
    ...modes.map(mode => Math.round(result.fixedMs[mode] ?? Number.NaN).toString()),
    Math.round(result.ours.ms).toString(),
    `${gainOf(result).toFixed(2)}x`,
    shareOfBest(result).toFixed(2),
    result.ours.label,
  ]);
  return table(['Mbit/s', 'RTT ms', ...modes, 'ours', 'gain', 'best', 'chosen'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
