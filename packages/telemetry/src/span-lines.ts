// SPDX-License-Identifier: Apache-2.0
import { durationText } from './duration-text.ts';
import { ATTRIBUTES } from './names.ts';
import type { PlacedSpan } from './place-spans.ts';
import type { SpanEvent, SpanRecord } from './span-record.ts';
import type { TraceSheet } from './trace-sheet.ts';
import { bytesText, clean, fit, isAbsence, paint, titleOf } from './trace-text.ts';

/** A span's own line, and one for each of its events, links and what was folded below it. */
export function spanLines(placed: PlacedSpan, sheet: TraceSheet): readonly string[] {
  const { tree, branch, rail } = placed;
  const { span } = tree;
  const name = fit(`${branch}${titleOf(span)}`, sheet.nameColumns);
  const node = paint(fit(clean(span.node), sheet.nodeColumns), span.tier, sheet.color);
  const figures = `${offsetText(placed.fromMs - sheet.beginMs)} ${durationText(span.durationMs).padStart(10)}`;
  const line = [`${name}  ${node} ${bar(placed, sheet)} ${figures}`, bytes(span), cause(span), failure(span)];
  const notes = [...span.events.map(eventText), ...span.links.map(link => linkText(link.spanId, sheet))];
  const inner = rail + (tree.children.length > 0 ? '│' : ' ');
  const below = placed.fold === undefined ? notes : [...notes, placed.fold];
  return [line.filter(part => part !== '').join('  '), ...below.map(note => `${inner} ${note}`)];
}

function offsetText(offsetMs: number): string {
  return `+${durationText(offsetMs)}`.padStart(11);
}

function bar({ tree, fromMs, toMs }: PlacedSpan, { axis, barColumns, color }: TraceSheet): string {
  const from = Math.min(barColumns - 1, Math.floor(axis.columnOf(fromMs)));
  const length = Math.max(1, Math.round(axis.columnOf(toMs) - axis.columnOf(fromMs)));
  const to = Math.min(barColumns, from + length);
  const full = isAbsence(tree.span) ? '░' : '█';
  const columns = Array.from({ length: barColumns }, (_, column) => {
    const inside = column >= from && column < to;
    if (axis.breakColumns.has(column)) return inside ? '≈' : '┊';
    return inside ? full : ' ';
  });
  const part = (begin: number, end?: number): string => columns.slice(begin, end).join('');
  return `▕${part(0, from)}${paint(part(from, to), tree.span.tier, color)}${part(to)}▏`;
}

function bytes({ attributes }: SpanRecord): string {
  const request = attributes[ATTRIBUTES.requestBytes];
  const reply = attributes[ATTRIBUTES.replyBytes];
  if (typeof request !== 'number' || typeof reply !== 'number' || request + reply === 0) return '';
  return reply === 0 ? bytesText(request) : `${bytesText(request)} → ${bytesText(reply)}`;
}

/** Why nothing went on. */
function cause({ attributes }: SpanRecord): string {
  const text = attributes[ATTRIBUTES.outageCause];
  const unended = attributes[ATTRIBUTES.outageEnded] === false ? ['not over when it was recorded'] : [];
  return [...(typeof text === 'string' ? [clean(text)] : []), ...unended].join(', ');
}

function failure({ status, attributes }: SpanRecord): string {
  if (status === 'ok') return '';
  return `✗ ${clean(String(attributes[ATTRIBUTES.errorType] ?? 'error'))}`;
}

function eventText({ name, offsetMs, attributes }: SpanEvent): string {
  const values = Object.entries(attributes).map(([key, value]) => `${clean(key)}=${clean(String(value))}`);
  return ['·', `+${durationText(offsetMs)}`, clean(name), ...values].join(' ');
}

function linkText(spanId: string, { names }: TraceSheet): string {
  return `↰ joins ${names.get(spanId) ?? `span ${spanId} of another trace`}`;
}
