// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import { answerLegend } from '../cli/answer-view.ts';
import { formatTable } from '../cli/format-table.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { AnswerResult, QuestionOptions } from '../client/answer.ts';
import type { Fleet, FleetNode } from '../client/fleet.ts';
import { reportTiers, reportTraffic } from './answer-report.ts';
import { createDeadlineView } from './deadline-view.ts';
import { decidingExits } from './deciding-exits.ts';
import { type AskedQuestion, watchQuestion } from './run-question.ts';

/** Asks, and shows the answer while it grows: as it stands at its deadline, and then as it was revised. */
export async function showQuestion(
  terminal: Terminal,
  fleet: Fleet,
  question: string,
  options: QuestionOptions,
): Promise<AskedQuestion> {
  if (terminal.interactive && terminal.color.isColorSupported) terminal.err(`${answerLegend(terminal)}\n`);
  const view = createDeadlineView(terminal);
  const onDeadline = (atDeadline: AnswerResult): void => {
    view.mark();
    terminal.err(`${deadlineLine(atDeadline, options, terminal.color)}\n`);
  };
  try {
    return await watchQuestion(fleet, question, options, { onRevision: view.update, onDeadline });
  } finally {
    view.finish();
  }
}

/** Who stands behind the answer at its deadline, how sure it is, and until when it may be revised. */
export function deadlineLine(
  { revision, summary }: AnswerResult,
  { revisionsUntilMs }: Pick<QuestionOptions, 'revisionsUntilMs'>,
  color: Terminal['color'],
): string {
  const title = `${color.yellow('at the deadline')}, ${summary.durationMs.toFixed(0)} ms`;
  const until = revisionsUntilMs === undefined ? '' : `; it may be revised until ${revisionsUntilMs} ms`;
  if (revision === undefined) return `${title}: no word yet${until}`;
  const { tier, exit, confidence, text, committedBytes } = revision;
  const committed = `${committedBytes} of ${Buffer.byteLength(text)} bytes committed`;
  return `${title}: ${tier} exit ${exit}, confidence ${confidence.toFixed(2)}, ${committed}${until}`;
}

/** Whether the answer that stood at the deadline still does; empty where there was none to revise. */
export function revisedLine({ answer, atDeadline }: AskedQuestion, color: Terminal['color']): string {
  if (atDeadline === undefined) return '';
  const { text } = atDeadline;
  if (answer === text) return `${color.green('unchanged')} since the deadline\n`;
  return `${color.yellow('revised')} after the deadline${text !== '' && answer.startsWith(text) ? ': it goes on' : ''}\n`;
}

/** A line on whether and why the answer stands, then what each tier did, then bytes by link. */
export function formatSummary(
  summary: AnswerSummary,
  place: { readonly owner: string; readonly nodes: readonly FleetNode[]; readonly color: Terminal['color'] },
): string {
  const { color } = place;
  const parts = [verdictLine(summary, color), ...summary.reasons.map(reason => color.dim(`  ${reason}`))];
  const tables =
    summary.tiers.length === 0 ? [] : [formatTiers(summary, place.nodes), formatTraffic(summary, place.owner)];
  return [`${parts.join('\n')}\n`, ...tables].join('\n');
}

function verdictLine(summary: AnswerSummary, color: Terminal['color']): string {
  if (summary.far) return color.yellow('refused: the question is far from what this family was trained for');
  const tokens = `${summary.answerTokens} tokens in ${summary.durationMs.toFixed(0)} ms, ${summary.committed} committed`;
  if (summary.decided !== undefined && !summary.exact) return `${color.yellow('by exit policy')}: ${tokens}`;
  return summary.exact
    ? `${color.green('exact')}: what exit ${summary.exit} alone would say; ${tokens}`
    : `${color.yellow('not exact')}: ${tokens}`;
}

function formatTiers(summary: AnswerSummary, nodes: readonly FleetNode[]): string {
  return formatTable(
    [
      { title: 'TIER', value: tier => tier.tier },
      { title: 'NODE', value: tier => tier.node },
      { title: 'PID', value: tier => String(tier.pid), align: 'right' },
      { title: 'EXIT', value: tier => decidingExits(summary, tier.exit), align: 'right' },
      { title: 'TOKENS', value: tier => String(tier.drafted), align: 'right' },
      { title: 'ACCEPTED', value: tier => share(tier.accepted, tier.drafted), align: 'right' },
      { title: 'COMPUTED', value: tier => `${tier.ms.toFixed(0)} ms`, align: 'right' },
    ],
    reportTiers(summary, nodes),
  );
}

function formatTraffic(summary: AnswerSummary, owner: string): string {
  return formatTable(
    [
      { title: 'LINK', value: row => row.link },
      { title: 'MESSAGE', value: row => row.kind },
      { title: 'COUNT', value: row => String(row.messages), align: 'right' },
      { title: 'BYTES', value: row => String(row.bytes), align: 'right' },
    ],
    reportTraffic(summary, owner),
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part} (${Math.round((part / whole) * 100)} %)`;
}
