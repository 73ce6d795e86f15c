// SPDX-License-Identifier: Apache-2.0
import type { TraceContext } from '@aiflow/protocol';
import type { FinishedSpan } from './finished-span.ts';
import type { SpanClock } from './span-clock.ts';
import type { Attributes, SpanLink } from './span-record.ts';
import { parseTraceParent, type TraceParent } from './trace-parent.ts';

const MAX_LINKS = 64;
const MAX_TEXT_LENGTH = 1024;

/** Something that is over when its span is made, as a wait or an outage is. */
export interface PastSpanOptions {
  /** Default: a trace begins. */
  readonly parent?: TraceContext | undefined;
  /** It ended now, or so long ago. Default 0. */
  readonly endedMsAgo?: number;
  readonly durationMs: number;
  readonly attributes?: Attributes;
  /** At most 64. */
  readonly links?: readonly TraceContext[];
}

/** The finished span of what is over. */
export function createPastSpan(
  clock: SpanClock,
  name: string,
  { self, parentId }: { readonly self: TraceParent; readonly parentId: string },
  { endedMsAgo = 0, durationMs, attributes = {}, links = [] }: PastSpanOptions,
): FinishedSpan {
  const bounded = Object.entries(attributes).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.slice(0, MAX_TEXT_LENGTH) : value,
  ]);
  return {
    traceId: self.traceId,
    spanId: self.spanId,
    parentId,
    name,
    kind: 'internal',
    startMs: clock.wallOf(clock.nowMs()) - endedMsAgo - durationMs,
    durationMs,
    error: undefined,
    events: [],
    links: links.slice(0, MAX_LINKS).flatMap(linkTo),
    attributes: () => Object.fromEntries(bounded),
  };
}

function linkTo(context: TraceContext): readonly SpanLink[] {
  const parent = parseTraceParent(context);
  return parent === undefined ? [] : [{ traceId: parent.traceId, spanId: parent.spanId }];
}
