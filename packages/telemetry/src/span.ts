// SPDX-License-Identifier: Apache-2.0
import type { TraceContext } from '@aiflow/protocol';
import type { Attributes, AttributeValue } from './span-record.ts';

/** Work under way that will be a span of a trace. Nothing here throws or waits; past the limits it counts and goes on. */
export interface Span {
  /** False when the trace is not sampled: everything below is then free and does nothing. */
  readonly recording: boolean;
  /** What calls and spans made within this one are given as their parent. */
  context(): TraceContext;
  /** At most 64 of them; texts are cut at 1 024 characters. */
  setAttribute(name: string, value: AttributeValue): void;
  /** Something that happened now: a decoding round, a retry. At most 128. */
  event(name: string, attributes?: Attributes): void;
  /** Says that this span joins what another one began, as fan-in does. At most 64. */
  link(other: TraceContext): void;
  /** Ends the span, with the error when there was one. A second call changes nothing. */
  end(error?: unknown): void;
}

/** A span of a trace that is not sampled: it only carries the context on. */
export function createSilentSpan(context: TraceContext): Span {
  return {
    recording: false,
    context: () => context,
    setAttribute: ignore,
    event: ignore,
    link: ignore,
    end: ignore,
  };
}

const ignore = (): void => undefined;
