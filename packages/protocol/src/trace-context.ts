// SPDX-License-Identifier: Apache-2.0

/** W3C trace context, as it stands in the headers of the same names. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string;
}

const MAX_TRACEPARENT_LENGTH = 128;
const MAX_TRACESTATE_LENGTH = 512;

interface WireTrace {
  readonly traceparent?: string | null;
  readonly tracestate?: string | null;
}

/** What came with a message; undefined where there was none, or one past the limits of W3C. Never throws. */
export function readTraceContext(wire: WireTrace | null | undefined): TraceContext | undefined {
  const traceparent = wire?.traceparent ?? '';
  const tracestate = wire?.tracestate ?? '';
  if (traceparent === '' || traceparent.length > MAX_TRACEPARENT_LENGTH) return undefined;
  return { traceparent, tracestate: tracestate.length > MAX_TRACESTATE_LENGTH ? '' : tracestate };
}
