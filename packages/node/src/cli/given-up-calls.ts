// SPDX-License-Identifier: Apache-2.0
import { ATTRIBUTES, type SpanRecord } from '@aiflow/telemetry';

/** A trace in which a call that nobody waited for any more is no failure. */
export interface SettledTrace {
  readonly spans: readonly SpanRecord[];
  /** Calls that were given up. */
  readonly givenUp: number;
}

/**
 * Of an answer that is whole: what was still under way then was cancelled by the one who asked for it, since the answer
 * stands without it. Such spans count as ended well, and say so.
 */
export function settleGivenUp(spans: readonly SpanRecord[]): SettledTrace {
  const isGivenUp = ({ status, attributes }: SpanRecord): boolean =>
    status === 'error' && attributes[ATTRIBUTES.errorType] === 'cancelled';
  return {
    spans: spans.map(span => (isGivenUp(span) ? settle(span) : span)),
    givenUp: spans.filter(span => isGivenUp(span) && span.kind === 'client').length,
  };
}

/** In plain words; empty where no call was given up. */
export function givenUpLine(givenUp: number): string {
  if (givenUp === 0) return '';
  const calls = givenUp === 1 ? '1 call was' : `${givenUp} calls were`;
  return `${calls} given up on purpose: the answer was whole before the reply came\n`;
}

function settle(span: SpanRecord): SpanRecord {
  const note = { name: 'given up: the answer was whole by then', offsetMs: span.durationMs, attributes: {} };
  return { ...span, status: 'ok', events: [...span.events, note] };
}
