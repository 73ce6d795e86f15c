// SPDX-License-Identifier: Apache-2.0
import { type Column, formatTable } from '../cli/format-table.ts';
import { printable } from '../cli/printable.ts';
import type { Terminal } from '../cli/terminal.ts';
import { LINK_PROFILES, type LinkFigures, type LinkProfile } from './link-profiles.ts';
import type { RoundSummary, SimulatedAnswer, SimulatedRound, SimulationReport } from './simulation-report.ts';

type Color = Terminal['color'];

/** The links, then each round: a line a question, then its figures. */
export function formatSimulation(report: SimulationReport, color: Color): string {
  const head = `seed ${report.seed}, questions asked of ${report.asked}\n`;
  return [head, formatLinks(report), ...report.rounds.map(round => formatRound(round, color))].join('\n');
}

/** What `aiflow simulate --profiles` prints. */
export function formatProfiles(): string {
  return formatTable<[string, LinkProfile]>(
    [
      { title: 'PROFILE', value: ([name]) => name },
      ...figureColumns<[string, LinkProfile]>(([, profile]) => profile),
      { title: 'STANDS FOR', value: ([, { standsFor }]) => standsFor },
    ],
    Object.entries(LINK_PROFILES),
  );
}

function formatLinks({ links }: SimulationReport): string {
  if (links.length === 0) return 'no emulated links: all nodes share this machine\n';
  return formatTable<SimulationReport['links'][number]>(
    [
      { title: 'LINK OF', value: ({ node }) => node },
      { title: 'PROFILE', value: ({ title }) => title },
      ...figureColumns<SimulationReport['links'][number]>(link => link),
      { title: 'BYTES UP', value: ({ bytes }) => String(bytes.up), align: 'right' },
      { title: 'DOWN', value: ({ bytes }) => String(bytes.down), align: 'right' },
    ],
    links,
  );
}

function figureColumns<Row>(of: (row: Row) => LinkFigures): readonly Column<Row>[] {
  return [
    { title: 'ONE WAY', value: row => formatDelay(of(row)), align: 'right' },
    { title: 'UP', value: row => formatRate(of(row).upBitsPerSecond), align: 'right' },
    { title: 'DOWN', value: row => formatRate(of(row).downBitsPerSecond), align: 'right' },
    { title: 'LOSS', value: row => formatLoss(of(row).lossRatio), align: 'right' },
    { title: 'OUT', value: row => of(row).outages?.map(formatOutage).join(', ') || '-' },
  ];
}

function formatDelay({ delayMs = 0, jitterMs = 0 }: LinkFigures): string {
  return jitterMs === 0 ? `${delayMs} ms` : `${delayMs}+${jitterMs} ms`;
}

function formatRate(bitsPerSecond: number | undefined): string {
  if (bitsPerSecond === undefined) return '-';
  return bitsPerSecond >= 1e6 ? `${bitsPerSecond / 1e6} Mbit/s` : `${bitsPerSecond / 1e3} kbit/s`;
}

function formatLoss(lossRatio: number | undefined): string {
  return lossRatio ? `${Number((lossRatio * 100).toPrecision(3))} %` : '-';
}

function formatOutage({ atMs, forMs, everyMs, how }: NonNullable<LinkFigures['outages']>[number]): string {
  const again = everyMs === undefined ? '' : `, every ${everyMs / 1000} s`;
  const kind = how === undefined || how === 'stall' ? '' : ` (${how})`;
  return `${forMs / 1000} s at ${atMs / 1000} s${again}${kind}`;
}

const QUESTION_LENGTH = 36;

function formatRound({ asked, answers, summary }: SimulatedRound, color: Color): string {
  const joules = answers.some(answer => answer.joules !== undefined);
  const columns: readonly Column<SimulatedAnswer>[] = [
    { title: '#', value: answer => String(answers.indexOf(answer) + 1), align: 'right' },
    { title: 'QUESTION', value: ({ question }) => shorten(printable(question)) },
    { title: 'OUTCOME', value: ({ outcome }) => outcome },
    { title: 'MS', value: ({ ms }) => ms?.toFixed(0) ?? '-', align: 'right' },
    { title: 'FIRST MS', value: ({ firstMs }) => firstMs?.toFixed(0) ?? '-', align: 'right' },
    { title: 'EXACT', value: ({ exact }) => yesOrNo(exact) },
    { title: 'RIGHT', value: ({ right }) => yesOrNo(right) },
    { title: 'ANSWERED BY', value: formatWho },
    ...(joules ? [{ title: 'J', value: joulesOf, align: 'right' as const }] : []),
    { title: 'BYTES UP/DOWN', value: ({ bytes }) => formatBytes(bytes) },
  ];
  const reasons = answers.flatMap((answer, index) => explain(answer).map(line => `${index + 1}: ${printable(line)}\n`));
  const title = color.bold(`tiers: ${asked}`);
  return `${title}\n${formatTable(columns, answers)}${color.dim(reasons.join(''))}${formatSummary(summary, color)}`;
}

function explain({ plan, reasons }: SimulatedAnswer): readonly string[] {
  if (plan === undefined) return reasons;
  const trial = plan.isTrial ? ' (a trial)' : '';
  return [`${plan.label}${trial}, expected ${plan.expectedMs.toFixed(0)} ms`, ...reasons];
}

function formatWho({ nodes }: SimulatedAnswer): string {
  const busy = nodes.filter(({ computeMs }) => computeMs > 0);
  return busy.map(({ node, exit }) => `${node}:${exit}`).join(' ') || '-';
}

function shorten(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length > QUESTION_LENGTH ? `${line.slice(0, QUESTION_LENGTH - 1)}…` : line;
}

function yesOrNo(value: boolean | undefined): string {
  if (value === undefined) return '-';
  return value ? 'yes' : 'no';
}

function joulesOf({ joules }: SimulatedAnswer): string {
  return joules?.toFixed(2) ?? '-';
}

function formatBytes(bytes: SimulatedAnswer['bytes']): string {
  return bytes.map(({ node, up, down }) => `${node} ${up}/${down}`).join(', ') || '-';
}

function formatSummary(summary: RoundSummary, color: Color): string {
  const { questions, answered, exact, right, known } = summary;
  const counts = [`${answered} of ${questions} answered`, `${exact} exact`, ...(known > 0 ? [`${right} right`] : [])];
  const times = [
    summary.medianMs === undefined ? [] : [`median ${summary.medianMs.toFixed(0)} ms`],
    summary.p95Ms === undefined ? [] : [`p95 ${summary.p95Ms.toFixed(0)} ms`],
    summary.medianFirstMs === undefined ? [] : [`first shown after ${summary.medianFirstMs.toFixed(0)} ms`],
  ].flat();
  const failures = summary.failures.map(
    ({ reason, times }) => `${color.red('failed')} ${times} x ${printable(reason)}`,
  );
  return [`${[...counts, ...times].join(', ')}`, ...failures, ''].join('\n');
}
