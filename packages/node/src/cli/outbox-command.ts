// SPDX-License-Identifier: Apache-2.0
import {
  dropFromOutbox,
  listOutbox,
  OUTBOX_ACTOR,
  type OutboxLine,
  type OutboxListing,
  retryOutbox,
} from '@aiflow/outbox';
import { durationText } from '@aiflow/telemetry';
import { chooseAnswerer } from '../client/answering-node.ts';
import type { Fleet } from '../client/fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { type Column, formatTable } from './format-table.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** Which node's outbox, and how it is shown. */
export interface OutboxCommandOptions {
  readonly at?: string;
  readonly json?: boolean;
}

const LIMIT_MS = 5000;

/** `aiflow outbox list`. */
export async function listItems(terminal: Terminal, fleet: Fleet, options: OutboxCommandOptions): Promise<number> {
  const node = chooseAnswerer(fleet.nodes(), options.at).name;
  const listing = await fleet.ask({ node, actor: OUTBOX_ACTOR }, listOutbox, {}, { timeoutMs: LIMIT_MS });
  if (options.json === true) terminal.out(`${JSON.stringify({ node, ...listing })}\n`);
  else terminal.out(formatOutbox(node, listing));
  return EXIT_STATUS.ok;
}

/** `aiflow outbox drop ID`. */
export function dropItem(
  terminal: Terminal,
  fleet: Fleet,
  options: OutboxCommandOptions & { readonly id: string },
): Promise<number> {
  return select(terminal, fleet, { ...options, contract: dropFromOutbox, done: 'dropped' });
}

/** `aiflow outbox retry [ID]`. */
export function retryItem(
  terminal: Terminal,
  fleet: Fleet,
  options: OutboxCommandOptions & { readonly id: string },
): Promise<number> {
  return select(terminal, fleet, { ...options, contract: retryOutbox, done: 'to be offered now' });
}

interface Selection extends OutboxCommandOptions {
  readonly id: string;
  readonly contract: typeof dropFromOutbox;
  readonly done: string;
}

async function select(terminal: Terminal, fleet: Fleet, { at, json, id, contract, done }: Selection): Promise<number> {
  const node = chooseAnswerer(fleet.nodes(), at).name;
  const which = id === 'all' ? {} : { id };
  const { count } = await fleet.ask({ node, actor: OUTBOX_ACTOR }, contract, which, { timeoutMs: LIMIT_MS });
  terminal.out(json === true ? `${JSON.stringify({ node, count })}\n` : `${count} item(s) of ${node} ${done}\n`);
  return EXIT_STATUS.ok;
}

const COLUMNS: readonly Column<OutboxLine>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WHAT', value: ({ kind }) => kind },
  { title: 'FOR', value: ({ to }) => ('node' in to ? to.node : to.capability) },
  { title: 'PRIORITY', value: ({ priority }) => priority },
  { title: 'BYTES', value: ({ payloadBytes }) => payloadBytes.toLocaleString('en'), align: 'right' },
  {
    title: 'AGE',
    value: ({ ageMs, ageUncertain }) => `${ageUncertain ? '≥ ' : ''}${durationText(ageMs)}`,
    align: 'right',
  },
  { title: 'LIVES', value: ({ timeToLiveMs }) => durationText(timeToLiveMs), align: 'right' },
  { title: 'TRIES', value: ({ attempts }) => String(attempts), align: 'right' },
  { title: 'LAST', value: ({ lastNode, lastError }) => printable([lastNode, lastError].filter(Boolean).join(': ')) },
];

/** What waits, as a table, and how what waited before ended. */
export function formatOutbox(node: string, { items, count, bytes, inFlight, ended }: OutboxListing): string {
  const more = count > items.length ? `, ${items.length} shown` : '';
  const ends = Object.entries(ended).filter(([, times]) => times > 0);
  const before =
    ends.length === 0 ? '' : `since ${node} started: ${ends.map(([how, times]) => `${times} ${how}`).join(', ')}\n`;
  const head =
    count === 0 ? `nothing waits at ${node}` : `${count} item(s) wait at ${node}${more}, ${inFlight} on their way`;
  const table = count === 0 ? '' : formatTable(COLUMNS, items);
  return `${table}${head}; the store takes ${bytes.toLocaleString('en')} bytes\n${before}`;
}
