// SPDX-License-Identifier: Apache-2.0
//
// W3C Trace Context (https://www.w3.org/TR/trace-context/), level 1: `00-<trace id>-<span id>-<flags>`.
import type { TraceContext } from '@aiflow/protocol';
import type { Random } from '@aiflow/time';

/** A trace context taken apart. */
export interface TraceParent {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
  readonly tracestate: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);

/** Undefined for what W3C calls invalid; such a context is ignored. Versions after 00 are read as far as they are known. */
export function parseTraceParent(trace: TraceContext | undefined): TraceParent | undefined {
  if (trace === undefined) return undefined;
  const { traceparent, tracestate } = trace;
  if (!TRACEPARENT.test(traceparent) || traceparent.startsWith('ff')) return undefined;
  if (traceparent.length > 55 && traceparent.startsWith('00')) return undefined;
  const traceId = traceparent.slice(3, 35);
  const spanId = traceparent.slice(36, 52);
  if (traceId === NO_TRACE_ID || spanId === NO_SPAN_ID) return undefined;
  return { traceId, spanId, sampled: (hexDigit(traceparent, 54) & 1) === 1, tracestate };
}

/** The context that names span `spanId` as the parent of what follows. */
export function formatTraceParent(parent: TraceParent): TraceContext {
  const flags = parent.sampled ? '01' : '00';
  return { traceparent: `00-${parent.traceId}-${parent.spanId}-${flags}`, tracestate: parent.tracestate };
}

/** 128 random bits. */
export function createTraceId(random: Random): string {
  writeNonZeroWord(random, 0);
  writeWord(random, 4);
  writeWord(random, 8);
  writeWord(random, 12);
  return SCRATCH.toString('hex', 0, 16);
}

/** 64 random bits. */
export function createSpanId(random: Random): string {
  writeNonZeroWord(random, 0);
  writeWord(random, 4);
  return SCRATCH.toString('hex', 0, 8);
}

/** One buffer for all: an id is drawn and read without waiting. */
const SCRATCH = Buffer.alloc(16);
const WORD_RANGE = 0x1_0000_0000;

function writeWord(random: Random, at: number): void {
  SCRATCH.writeUInt32BE(random.below(WORD_RANGE), at);
}

function writeNonZeroWord(random: Random, at: number): void {
  SCRATCH.writeUInt32BE(random.below(WORD_RANGE - 1) + 1, at);
}

function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}
