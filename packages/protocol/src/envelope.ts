// SPDX-License-Identifier: Apache-2.0
//
// The envelope: what every message is wrapped in (proto/aiflow/v1/envelope.proto).
//
// E1  `decodeEnvelope` is total: any bytes give an envelope or an AiflowError, in memory bounded by the input's size.
// E2  A generation this build can't understand is refused before any other field is trusted.
// E3  `payload` is a view of the bytes that were decoded, never a copy; forwarders pass it on verbatim.
// E4  Names and ids are checked before anyone builds a subject or a log line from them. A trace context that breaks
//     the W3C limits is left out, for telemetry must never cost a message.
// E5  The id of an answer follows from what it answers (`answerId`), so it does not travel.
// E6  A payload that is not what its sender wrote is refused, also where it still decodes: cut between two fields, a
//     message says less and looks whole. A sender that states no checksum is of an older build, and taken at its word.
import { crc32 } from 'node:zlib';
import { aiflow } from '#gen';
import type { Address } from './address.ts';
import { answerId, answerIdOnWire } from './answer-id.ts';
import { decodeVersionedWire } from './decode-wire.ts';
import { encodeWire } from './encode-wire.ts';
import {
  RecentAddress,
  RecentId,
  readId,
  readKey,
  readNamed,
  readPayload,
  readTime,
  shownSender,
} from './envelope-fields.ts';
import { MAX_UINT32 } from './fields.ts';
import { checkGeneration, WIRE_GENERATION } from './generation.ts';
import {
  CLASS_NUMBERS,
  CLASSES,
  type DeliveryClass,
  ENCODINGS,
  KIND_NUMBERS,
  KINDS,
  type MessageKind,
  type PayloadEncoding,
} from './message-kind.ts';
import { readTraceContext, type TraceContext } from './trace-context.ts';

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

/** The wire form of an envelope, at this build's generation. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeWire(aiflow.v1.Envelope, {
    generation: WIRE_GENERATION,
    kind: KIND_NUMBERS.get(envelope.kind) ?? 0,
    deliveryClass: CLASS_NUMBERS.get(envelope.deliveryClass) ?? 0,
    messageId: envelope.messageId === answerId(envelope) ? '' : envelope.messageId, // E5
    correlationId: envelope.correlationId,
    from: envelope.from,
    to: envelope.to,
    remainingMs: wireRemaining(envelope.remainingMs),
    sentAtMs: envelope.sentAtMs,
    bootId: envelope.bootId,
    payloadType: envelope.payloadType,
    payloadEncoding: envelope.payloadEncoding === 'json' ? 1 : 0,
    payload: envelope.payload,
    trace: envelope.trace ?? null,
    position: envelope.position,
    latestKey: envelope.latestKey,
    payloadCrc32: envelope.payload.byteLength === 0 ? null : crc32(envelope.payload), // E6
  });
}

/** 0 means "none stated" on the wire, so time that has just run out is sent as the shortest there is. */
function wireRemaining(remainingMs: number): number {
  if (remainingMs === 0) return 0;
  return Math.min(MAX_UINT32, Math.max(1, Math.ceil(remainingMs)));
}

/** What was checked last is not checked again (E4). */
const lastFrom = new RecentAddress();
const lastTo = new RecentAddress();
const lastBootId = new RecentId();
const lastPayloadType = new RecentId();

/** The inverse of {@link encodeEnvelope}. Throws `invalid-argument` or, for another generation, `failed-precondition`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const wire = decodeVersionedWire('envelope', bytes, input => aiflow.v1.Envelope.decode(input));
  const sender = wire.from?.node ?? '';
  if (wire.generation !== WIRE_GENERATION) checkGeneration(wire.generation, shownSender(sender));
  return {
    kind: readNamed(KINDS, wire.kind - 1, 'message kind', sender),
    deliveryClass: readNamed(CLASSES, wire.deliveryClass - 1, 'delivery class', sender),
    messageId: readId(wire.messageId || answerIdOnWire(wire), 'message_id', sender),
    correlationId: wire.correlationId === '' ? '' : readId(wire.correlationId, 'correlation_id', sender),
    from: lastFrom.read(wire.from, 'from', sender),
    to: lastTo.read(wire.to, 'to', sender),
    remainingMs: wire.remainingMs,
    sentAtMs: readTime(wire.sentAtMs, sender),
    bootId: lastBootId.read(wire.bootId, 'boot_id', sender),
    payloadType: lastPayloadType.read(wire.payloadType, 'payload_type', sender),
    payloadEncoding: readNamed(ENCODINGS, wire.payloadEncoding, 'payload encoding', sender),
    payload: readPayload(wire.payload, wire.payloadCrc32, sender), // E6
    trace: readTraceContext(wire.trace), // E4
    position: wire.position,
    latestKey: readKey(wire.latestKey, 'latest_key', sender),
  };
}
