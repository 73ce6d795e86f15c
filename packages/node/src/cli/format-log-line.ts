// SPDX-License-Identifier: Apache-2.0
import type { Terminal } from './terminal.ts';

const LEVELS: Readonly<Record<number, string>> = { 40: 'warn', 50: 'error', 60: 'fatal' };
const OWN_FIELDS: ReadonlySet<string> = new Set(['level', 'time', 'fleet', 'node', 'tier', 'msg']);

/**
 * A node's JSON log line as a person wants it beside other output: warnings and worse, with their fields. Undefined for what is
 * less; a line that is no log line, such as a runtime's own complaint, is passed on.
 */
export function formatLogLine(node: string, line: string, color: Terminal['color']): string | undefined {
  const entry = parseEntry(line);
  if (entry === undefined) return `${node}: ${line}`;
  const level = LEVELS[Number(entry.level)];
  if (level === undefined) return undefined;
  const fields = Object.entries(entry).filter(([name]) => !OWN_FIELDS.has(name));
  const shown = fields.map(([name, value]) => ` ${name}=${String(value)}`).join('');
  return `${color.yellow(level)} ${node}: ${String(entry.msg)}${color.dim(shown)}`;
}

function parseEntry(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
