// SPDX-License-Identifier: Apache-2.0
//
// The envelope: what every message is wrapped in (proto/aiflow/v1/envelope.proto).
//
// E1  `decodeEnvelope` is total: any bytes give an envelope or an AiflowError, in memory bounded by the input's size.
// E2  A generation this build can't understand is refused before any other field is trusted.
// E3  `payload` is a view of the bytes that were decoded, never a copy; forwarders pass it on verbatim.
import { aiflow } from '#gen';
import type { Address } from './address.ts';
import { AiflowError } from './aiflow-error.ts';
import { decodeWire } from './decode-wire.ts';
import { checkGeneration, WIRE_GENERATION } from './generation.ts';

/** What a message is in its exchange; see `MessageKind` in the proto. */
export type MessageKind =
  | 'tell'
  | 'ask'
  | 'reply'
  | 'failure'
  | 'cancel'
  | 'stream-open'
  | 'stream-item'
  | 'stream-credit'
  | 'stream-end';

/** How a message is carried; see `DeliveryClass` in the proto. */
export type DeliveryClass = 'control' | 'latest' | 'bulk' | 'durable';

/** Whether the payload is in its type's binary form or in its JSON form. */
export type PayloadEncoding = 'native' | 'json';

/** W3C trace context, as it stands in the headers of the same names. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string;
}

/** A message between two actors. Times are milliseconds; `sentAtMs` is the sender's monotonic clock of boot `bootId`. */
export interface Envelope {
  readonly kind: MessageKind;
  readonly deliveryClass: DeliveryClass;
  readonly messageId: string;
  /** The id of the ask or stream-open that began the exchange; empty for tells. */
  readonly correlationId: string;
  readonly from: Address;
  readonly to: Address;
  /** Time the sender still gives the exchange; 0 means none is stated. */
  readonly remainingMs: number;
  readonly sentAtMs: number;
  readonly bootId: string;
  readonly payloadType: string;
  readonly payloadEncoding: PayloadEncoding;
  readonly payload: Uint8Array;
  readonly trace: TraceContext | undefined;
  /** Item index, total credit or item count, by kind; 0 otherwise. */
  readonly position: number;
  /** With class `latest`: a newer message with the same key replaces this one. */
  readonly latestKey: string;
}

const KINDS: readonly MessageKind[] = [
  'tell',
  'ask',
  'reply',
  'failure',
  'cancel',
  'stream-open',
  'stream-item',
  'stream-credit',
  'stream-end',
];
const CLASSES: readonly DeliveryClass[] = ['control', 'latest', 'bulk', 'durable'];
const ENCODINGS: readonly PayloadEncoding[] = ['native', 'json'];
const KIND_NUMBERS = new Map(KINDS.map((kind, index) => [kind, index + 1]));
const CLASS_NUMBERS = new Map(CLASSES.map((deliveryClass, index) => [deliveryClass, index + 1]));

/** The wire form of an envelope, at this build's generation. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return aiflow.v1.Envelope.encode({
    generation: WIRE_GENERATION,
    kind: KIND_NUMBERS.get(envelope.kind) ?? 0,
    deliveryClass: CLASS_NUMBERS.get(envelope.deliveryClass) ?? 0,
    messageId: envelope.messageId,
    correlationId: envelope.correlationId,
    from: envelope.from,
    to: envelope.to,
    remainingMs: Math.max(0, Math.ceil(envelope.remainingMs)),
    sentAtMs: envelope.sentAtMs,
    bootId: envelope.bootId,
    payloadType: envelope.payloadType,
    payloadEncoding: envelope.payloadEncoding === 'json' ? 1 : 0,
    payload: envelope.payload,
    trace: envelope.trace ?? null,
    position: envelope.position,
    latestKey: envelope.latestKey,
  }).finish();
}

/** The inverse of {@link encodeEnvelope}. Throws `invalid-argument` or, for another generation, `failed-precondition`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const wire = decodeWire('envelope', bytes, input => aiflow.v1.Envelope.decode(input));
  const sender = wire.from?.node || 'an unnamed node';
  checkGeneration(wire.generation, sender);
  return {
    kind: named(KINDS, wire.kind - 1, 'message kind', sender),
    deliveryClass: named(CLASSES, wire.deliveryClass - 1, 'delivery class', sender),
    messageId: present(wire.messageId, 'message_id', sender),
    correlationId: wire.correlationId,
    from: address(wire.from, 'from', sender),
    to: address(wire.to, 'to', sender),
    remainingMs: wire.remainingMs,
    sentAtMs: wire.sentAtMs,
    bootId: wire.bootId,
    payloadType: wire.payloadType,
    payloadEncoding: named(ENCODINGS, wire.payloadEncoding, 'payload encoding', sender),
    payload: wire.payload,
    trace: wire.trace
      ? { traceparent: wire.trace.traceparent ?? '', tracestate: wire.trace.tracestate ?? '' }
      : undefined,
    position: wire.position,
    latestKey: wire.latestKey,
  };
}

function named<T>(names: readonly T[], index: number, what: string, sender: string): T {
  const name = names[index];
  if (name !== undefined) return name;
  throw new AiflowError('invalid-argument', `envelope from ${sender} has unknown ${what} number ${index}`);
}

function present(value: string, field: string, sender: string): string {
  if (value !== '') return value;
  throw new AiflowError('invalid-argument', `envelope from ${sender} lacks ${field}`);
}

function address(
  value: { node?: string | null; actor?: string | null } | null | undefined,
  field: string,
  sender: string,
): Address {
  return {
    node: present(value?.node ?? '', `${field}.node`, sender),
    actor: present(value?.actor ?? '', `${field}.actor`, sender),
  };
}
