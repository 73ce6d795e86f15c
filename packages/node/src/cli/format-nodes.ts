// SPDX-License-Identifier: Apache-2.0
import type { FleetNode } from '../client/fleet.ts';
import { type Column, formatTable } from './format-table.ts';

const MEBIBYTE = 1024 * 1024;

const NODE_COLUMNS: readonly Column<FleetNode>[] = [
  { title: 'NODE', value: node => node.name },
  { title: 'TIER', value: node => node.tier },
  { title: 'SITE', value: node => node.site },
  { title: 'STATE', value: node => node.state },
  { title: 'PID', value: node => String(node.pid), align: 'right' },
  { title: 'LOAD', value: node => `${(node.loadRatio * 100).toFixed(0)} %`, align: 'right' },
  { title: 'MEMORY', value: node => `${(node.residentBytes / MEBIBYTE).toFixed(0)} MiB`, align: 'right' },
  { title: 'HEARD', value: node => `${(node.heardMsAgo / 1000).toFixed(1)} s ago`, align: 'right' },
  { title: 'ACTORS', value: node => node.actors.map(actor => actor.name).join(' ') || '-' },
  { title: 'LINKS', value: node => node.links.map(formatLink).join(' ') || '-' },
];

/** The table of `aiflow nodes` and `aiflow top`: one line a node. Actors of the runtime (`$…`) are left out. */
export function formatNodes(nodes: readonly FleetNode[]): string {
  const shown = nodes.map(node => ({ ...node, actors: node.actors.filter(actor => !actor.name.startsWith('$')) }));
  return formatTable(NODE_COLUMNS, shown);
}

function formatLink(link: FleetNode['links'][number]): string {
  const loss = link.lossRatio > 0 ? `,${(link.lossRatio * 100).toFixed(1)}% lost` : '';
  const rate = link.bytesPerSecond > 0 ? `,${(link.bytesPerSecond / 1e6).toFixed(1)}MB/s` : '';
  return `${link.peer}:${link.rttMs.toFixed(link.rttMs < 10 ? 1 : 0)}ms${rate}${loss}`;
}
