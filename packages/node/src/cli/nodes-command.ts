// SPDX-License-Identifier: Apache-2.0
import { type Clock, sleep } from '@aiflow/time';
import type { Fleet } from '../client/fleet.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { formatNodes } from './format-nodes.ts';
import { createLiveRegion, rowsOf } from './live-region.ts';
import type { Terminal } from './terminal.ts';

/** `aiflow nodes`: the fleet now, as a table or as JSON. */
export async function showNodes(
  terminal: Terminal,
  fleet: Fleet,
  options: { readonly json: boolean },
): Promise<number> {
  const nodes = await fleet.settled();
  terminal.out(options.json ? `${JSON.stringify(nodes, null, 2)}\n` : formatNodes(nodes));
  return EXIT_STATUS.ok;
}

/** How `aiflow top` refreshes. */
export interface TopOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Refreshes before it ends by itself; default: until `signal`. */
  readonly count?: number | undefined;
  readonly signal: AbortSignal;
}

/** `aiflow top`: the same table, rewritten in place on a terminal and appended elsewhere, until the signal. */
export async function watchNodes(terminal: Terminal, fleet: Fleet, options: TopOptions): Promise<number> {
  const region = createLiveRegion(terminal);
  await fleet.settled();
  const count = options.count ?? Number.POSITIVE_INFINITY;
  for (let shown = 0; shown < count && !options.signal.aborted; shown++) {
    if (shown > 0 && !(await waited(options))) break;
    const table = formatNodes(fleet.nodes());
    if (terminal.interactive && rowsOf(table, terminal.columns) <= terminal.rows) region.show(table.trimEnd());
    else terminal.out(`${table}\n`);
  }
  region.finish();
  return EXIT_STATUS.ok;
}

function waited(options: TopOptions): Promise<boolean> {
  return sleep(options.clock, options.intervalMs, options.signal).then(
    () => true,
    () => false,
  );
}
