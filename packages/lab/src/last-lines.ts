// SPDX-License-Identifier: Apache-2.0

/** How many lines a message quotes. */
const MAX_QUOTED = 8;

/**
 * The end of a message about a child: what it wrote last. A line for which `quoteLine` returns undefined is left out;
 * where that leaves nothing, nothing is said.
 */
export function lastLines(
  written: readonly string[],
  quoteLine: (text: string) => string | undefined = text => text,
): string {
  const lines = written.map(quoteLine).filter(line => line !== undefined);
  if (lines.length > 0) return `; its last lines:\n${lines.slice(-MAX_QUOTED).join('\n')}`;
  return written.length === 0 ? ' and wrote nothing' : '';
}
