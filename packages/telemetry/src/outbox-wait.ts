// SPDX-License-Identifier: Apache-2.0
import type { Telemetry } from './create-telemetry.ts';
import { ATTRIBUTES, SPAN_NAMES } from './names.ts';

/** Work that waited for another node. */
export interface OutboxWait {
  readonly itemId: string;
  /** What the receiver does with it. */
  readonly kind: string;
  /** The node that has it now. */
  readonly peer: string;
  /** In W3C form, of the work that put it there; without one no span is made. */
  readonly traceParent: string | undefined;
  /** From when it was put in to when it was delivered, over restarts. */
  readonly waitedMs: number;
  /** Why it could not be delivered at first; empty when it went at once. */
  readonly cause: string;
}

/** Makes the span `aiflow.outbox.wait` of work that was delivered just now. It is drawn as a wait, not as work. */
export function recordOutboxWait(telemetry: Pick<Telemetry, 'recordSpan'>, wait: OutboxWait): void {
  if (wait.traceParent === undefined) return;
  telemetry.recordSpan(SPAN_NAMES.outboxWait, {
    parent: { traceparent: wait.traceParent, tracestate: '' },
    durationMs: Math.max(0, wait.waitedMs),
    attributes: {
      [ATTRIBUTES.peerNode]: wait.peer,
      [ATTRIBUTES.outboxItem]: wait.itemId,
      [ATTRIBUTES.outboxKind]: wait.kind,
      ...(wait.cause === '' ? {} : { [ATTRIBUTES.outageCause]: wait.cause }),
    },
  });
}
