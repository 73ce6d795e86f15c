// SPDX-License-Identifier: Apache-2.0
import type { TraceContext } from '@aiflow/protocol';
import { formatTraceParent, type TraceParent } from './trace-parent.ts';

/** The spans made by hand that have not ended. */
export interface OpenSpans {
  began(span: TraceParent): void;
  /** Nothing happens for a span that did not begin here. */
  ended(spanId: string): void;
  /** Of each trace the span that began first. */
  contexts(): readonly TraceContext[];
}

/** A span that nobody ends is forgotten once so many others are open. */
const MAX_OPEN = 256;

/** None is open. */
export function createOpenSpans(): OpenSpans {
  const open = new Map<string, TraceParent>();
  return {
    began: span => {
      open.set(span.spanId, span);
      const [oldest] = open.keys();
      if (open.size > MAX_OPEN && oldest !== undefined) open.delete(oldest);
    },
    ended: spanId => void open.delete(spanId),
    contexts: () => {
      const firsts = new Map<string, TraceContext>();
      for (const span of open.values()) {
        if (!firsts.has(span.traceId)) firsts.set(span.traceId, formatTraceParent(span));
      }
      return [...firsts.values()];
    },
  };
}
