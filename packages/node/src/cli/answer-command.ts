// SPDX-License-Identifier: Apache-2.0
import { REQUESTS_ACTOR, type RequestStatus, requestStatus } from '@aiflow/roles';
import { durationText } from '@aiflow/telemetry';
import { chooseAnswerer } from '../client/answering-node.ts';
import type { Fleet } from '../client/fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { type Column, formatTable } from './format-table.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Which request of which node, and how it is shown. */
export interface AnswerCommandOptions {
  readonly id?: string;
  readonly at?: string;
  readonly json?: boolean;
}

const LIMIT_MS = 5000;

/** `aiflow answer [ID]`: the answer so far on standard output, what became of the question on standard error. */
export async function showAnswerOf(terminal: Terminal, fleet: Fleet, options: AnswerCommandOptions): Promise<number> {
  const node = chooseAnswerer(fleet.nodes(), options.at).name;
  const query = options.id === undefined ? {} : { id: options.id };
  const statuses = await fleet.ask({ node, actor: REQUESTS_ACTOR }, requestStatus, query, { timeoutMs: LIMIT_MS });
  if (options.json === true) terminal.out(`${JSON.stringify({ node, requests: statuses })}\n`);
  else if (options.id === undefined) terminal.out(formatRequests(node, statuses));
  else for (const status of statuses) showStatus(terminal, status);
  return EXIT_STATUS.ok;
}

const SAID: Readonly<Record<RequestStatus['state'], string>> = {
  accepted: 'being answered',
  answered: 'answered',
  alone: 'answered alone, others are to finish it',
  revised: 'finished by others',
  failed: 'failed',
};

function showStatus(terminal: Terminal, status: RequestStatus): void {
  const { state, revision, summary, error, acceptedMs, changedMs } = status;
  if (revision !== undefined) terminal.out(`${printable(revision.text)}\n`);
  const who = revision === undefined ? '' : ` by exit ${revision.exit} of the ${revision.tier}`;
  terminal.err(`${SAID[state]}${who}, ${durationText(changedMs - acceptedMs)} after it was asked\n`);
  if (error !== undefined) terminal.err(`${error.code}: ${printable(error.message)}\n`);
  for (const reason of summary?.reasons ?? []) terminal.err(`${terminal.color.dim(printable(reason))}\n`);
}

const COLUMNS: readonly Column<RequestStatus>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => SAID[state] },
  { title: 'ASKED', value: ({ acceptedMs }) => new Date(acceptedMs).toISOString() },
  { title: 'QUESTION', value: ({ question }) => shorten(printable(question)) },
];
const LONGEST_QUESTION = 60;

/** The newest requests of a node, as a table. */
export function formatRequests(node: string, statuses: readonly RequestStatus[]): string {
  return statuses.length === 0
    ? `${node} was asked nothing with an id: see aiflow ask --id\n`
    : formatTable(COLUMNS, statuses);
}

function shorten(text: string): string {
  return text.length > LONGEST_QUESTION ? `${text.slice(0, LONGEST_QUESTION - 1)}…` : text;
}
