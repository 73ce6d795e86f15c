// SPDX-License-Identifier: Apache-2.0
import { ATTRIBUTES, SPAN_NAMES } from './names.ts';
import type { SpanRecord } from './span-record.ts';

const MAX_TEXT_LENGTH = 120;
const MARKS = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text from another node without what could steer a terminal, and not longer than 120 characters. */
export function clean(text: string): string {
  const shown = text.replace(MARKS, '�');
  return shown.length > MAX_TEXT_LENGTH ? `${shown.slice(0, MAX_TEXT_LENGTH - 1)}…` : shown;
}

const ABSENCES: Readonly<Record<string, string>> = {
  [SPAN_NAMES.outboxWait]: 'wait for',
  [SPAN_NAMES.outage]: 'outage of',
};

/** Whether a span says that work could not go on, not that there was some. */
export function isAbsence({ name }: Pick<SpanRecord, 'name'>): boolean {
  return Object.hasOwn(ABSENCES, name);
}

/** A span's name and, of a message, the last part of its type: `ask verifier draft`; of a wait what it was for. */
export function titleOf({ name, attributes }: Pick<SpanRecord, 'name' | 'attributes'>): string {
  const peer = attributes[ATTRIBUTES.peerNode];
  if (Object.hasOwn(ABSENCES, name) && peer !== undefined) return clean(`${ABSENCES[name]} ${peer}`);
  const type = attributes[ATTRIBUTES.messageType];
  const short = typeof type === 'string' ? type.split('.').at(-1) : undefined;
  return clean(short ? `${name} ${short}` : name);
}

/** Exactly `columns` wide: padded, or cut with an ellipsis. */
export function fit(text: string, columns: number): string {
  return text.length <= columns ? text.padEnd(columns) : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

/** Such as `0.08 ms`, `12.4 ms`, `1240 ms`. */
export function millisecondsText(ms: number): string {
  const digits = ms < 1 ? 2 : ms < 100 ? 1 : 0;
  return `${ms.toFixed(digits)} ms`;
}

/** Such as `128 B`, `1.5 kB`, `2.0 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const TIER_COLORS: Readonly<Record<string, number>> = { device: 33, edge: 36, cloud: 32 };

/** `text` in the colour of its tier, when `color` is set. */
export function paint(text: string, tier: string, color: boolean): string {
  const code = TIER_COLORS[tier];
  return color && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
}
