// SPDX-License-Identifier: Apache-2.0
import type { AnswerSummary } from '@aiflow/roles';
import { formatTable } from '../cli/format-table.ts';
import { printable } from '../cli/printable.ts';
import type { Terminal } from '../cli/terminal.ts';
import { decidingExits } from './deciding-exits.ts';

type Plan = NonNullable<AnswerSummary['plan']>;
type Ledger = NonNullable<AnswerSummary['ledger']>;

/**
 * Why an answer was made as it was and what it cost, for people: the plan with its reasons, what other ways were expected
 * to take, then time and tokens by tier, bytes by link, and joules of nodes that state their power.
 */
export function explainAnswer(summary: AnswerSummary, color: Terminal['color']): string {
  const { plan, ledger } = summary;
  const parts = [
    plan === undefined ? [`${color.bold('plan')}: ${noPlan(summary)}\n`] : explainPlan(plan, summary, color),
    ledger === undefined ? [] : explainLedger(ledger, summary, color),
  ];
  return parts.flat().join('\n');
}

function noPlan({ far, mode, exit, whyUnplanned }: AnswerSummary): string {
  if (far) return 'none, as the question was refused';
  if (whyUnplanned !== undefined) return `none was followed: ${printable(whyUnplanned)}`;
  return `nothing was weighed: mode ${mode} was asked for, or no way to exit ${exit} has been measured yet`;
}

function explainPlan(plan: Plan, { durationMs }: AnswerSummary, color: Terminal['color']): readonly string[] {
  const { label, expectedMs, isTrial, reasons, alternatives } = plan;
  const title = `${color.bold('plan')}: ${color.green(printable(label))}${isTrial ? color.yellow(' (a trial)') : ''}`;
  const lines = [`${title}; expected ${time(expectedMs)}, took ${time(durationMs)}`];
  for (const reason of reasons) if (isOwnLine(reason)) lines.push(color.dim(`  ${printable(reason)}`));
  const others = formatTable(
    [
      { title: 'INSTEAD', value: other => printable(other.label) },
      { title: 'EXPECTED', value: other => time(other.expectedMs), align: 'right' },
    ],
    alternatives,
  );
  return [`${lines.join('\n')}\n`, ...(alternatives.length === 0 ? [] : [others])];
}

/** The others stand in a table. */
function isOwnLine(reason: string): boolean {
  return !reason.startsWith('others: ');
}

function explainLedger(ledger: Ledger, summary: AnswerSummary, color: Terminal['color']): readonly string[] {
  const { durationMs, answerTokens, msPerToken, drafted, accepted, joules, tiers, links } = ledger;
  const facts = [
    `${answerTokens} tokens in ${time(durationMs)}, ${time(msPerToken)} each`,
    ...explainTokens(summary, drafted, accepted),
    joules === undefined ? 'no node states its power' : `${amount(joules)} J where power is stated`,
  ];
  const title = `${color.bold('cost')}: ${facts.join('; ')}\n`;
  return [title, formatTiers(tiers, summary), ...(links.length === 0 ? [] : [formatLinks(links)])];
}

/** Under a policy nothing is drafted for others to judge: each token is decided by one exit. */
function explainTokens({ decided }: AnswerSummary, drafted: number, accepted: number): readonly string[] {
  if (decided !== undefined) return decided.map(({ exit, tokens }) => `exit ${exit} decided ${tokens}`);
  return drafted === 0 ? [] : [`${accepted} of ${drafted} drafted tokens stood`];
}

function formatTiers(tiers: Ledger['tiers'], summary: AnswerSummary): string {
  return formatTable(
    [
      { title: 'TIER', value: cost => cost.tier },
      { title: 'NODE', value: cost => printable(cost.node) },
      { title: 'EXIT', value: cost => decidingExits(summary, cost.exit), align: 'right' },
      { title: 'ROLE', value: cost => cost.role },
      { title: 'TOKENS', value: cost => String(cost.tokens), align: 'right' },
      { title: 'COMPUTED', value: cost => time(cost.computeMs), align: 'right' },
      { title: 'JOULES', value: cost => (cost.joules === undefined ? '-' : amount(cost.joules)), align: 'right' },
    ],
    tiers,
  );
}

function formatLinks(links: Ledger['links']): string {
  return formatTable(
    [
      { title: 'LINK TO', value: link => printable(link.node) },
      { title: 'ROUND TRIP', value: link => (link.rttMs === undefined ? '-' : time(link.rttMs)), align: 'right' },
      { title: 'SENT', value: link => bytes(link.sentBytes, link.sentMessages), align: 'right' },
      { title: 'RECEIVED', value: link => bytes(link.receivedBytes, link.receivedMessages), align: 'right' },
    ],
    links,
  );
}

function bytes(count: number, messages: number): string {
  return `${count} B in ${messages}`;
}

function time(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function amount(joules: number): string {
  return joules < 10 ? joules.toFixed(2) : joules.toFixed(0);
}
