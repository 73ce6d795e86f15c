// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import type { Attributes, SpanEvent, SpanKind, SpanLink } from './span-record.ts';

/** A span that has ended, as cheap as a call can afford: what it takes to describe it is built when somebody looks. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly durationMs: number;
  readonly error: AiflowError | undefined;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  attributes(): Attributes;
}

/** Takes finished spans. Never throws. */
export type SpanSink = (span: FinishedSpan) => void;
