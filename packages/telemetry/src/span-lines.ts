// SPDX-License-Identifier: Apache-2.0
import { ATTRIBUTES } from './names.ts';
import type { PlacedSpan } from './place-spans.ts';
import type { SpanEvent, SpanRecord } from './span-record.ts';
import type { TraceSheet } from './trace-sheet.ts';
import { bytesText, clean, fit, millisecondsText, paint, titleOf } from './trace-text.ts';

/** A span's own line, and one for each of its events, links and what was folded below it. */
export function spanLines(placed: PlacedSpan, sheet: TraceSheet): readonly string[] {
  const { tree, branch, rail } = placed;
  const { span } = tree;
  const name = fit(`${branch}${titleOf(span)}`, sheet.nameColumns);
  const node = paint(fit(clean(span.node), sheet.nodeColumns), span.tier, sheet.color);
  const figures = `${offsetText(placed.fromMs - sheet.beginMs)} ${millisecondsText(span.durationMs).padStart(10)}`;
  const line = [`${name}  ${node} ${bar(placed, sheet)} ${figures}`, bytes(span), failure(span)];
  const notes = [...span.events.map(eventText), ...span.links.map(link => linkText(link.spanId, sheet))];
  const inner = rail + (tree.children.length > 0 ? '│' : ' ');
  const below = placed.fold === undefined ? notes : [...notes, placed.fold];
  return [line.filter(part => part !== '').join('  '), ...below.map(note => `${inner} ${note}`)];
}

function offsetText(offsetMs: number): string {
  return `+${millisecondsText(offsetMs)}`.padStart(11);
}

function bar({ tree, fromMs, toMs }: PlacedSpan, { beginMs, endMs, barColumns, color }: TraceSheet): string {
  const scale = endMs > beginMs ? barColumns / (endMs - beginMs) : 0;
  const from = Math.min(barColumns - 1, Math.floor((fromMs - beginMs) * scale));
  const length = Math.min(barColumns - from, Math.max(1, Math.round((toMs - fromMs) * scale)));
  const drawn = paint('█'.repeat(length), tree.span.tier, color);
  return `▕${' '.repeat(from)}${drawn}${' '.repeat(barColumns - from - length)}▏`;
}

function bytes({ attributes }: SpanRecord): string {
  const request = attributes[ATTRIBUTES.requestBytes];
  const reply = attributes[ATTRIBUTES.replyBytes];
  if (typeof request !== 'number' || typeof reply !== 'number' || request + reply === 0) return '';
  return reply === 0 ? bytesText(request) : `${bytesText(request)} → ${bytesText(reply)}`;
}

function failure({ status, attributes }: SpanRecord): string {
  if (status === 'ok') return '';
  return `✗ ${clean(String(attributes[ATTRIBUTES.errorType] ?? 'error'))}`;
}

function eventText({ name, offsetMs, attributes }: SpanEvent): string {
  const values = Object.entries(attributes).map(([key, value]) => `${clean(key)}=${clean(String(value))}`);
  return ['·', `+${millisecondsText(offsetMs)}`, clean(name), ...values].join(' ');
}

function linkText(spanId: string, { names }: TraceSheet): string {
  return `↰ joins ${names.get(spanId) ?? `span ${spanId} of another trace`}`;
}
