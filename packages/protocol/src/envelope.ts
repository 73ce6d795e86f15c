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
import { aiflow } from '#gen';
import { type Address, isName } from './address.ts';
import { AiflowError } from './aiflow-error.ts';
import { decodeVersionedWire } from './decode-wire.ts';
import { encodeWire } from './encode-wire.ts';
import { MAX_UINT32 } from './fields.ts';
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
const MAX_ID_LENGTH = 128;
const NOT_PRINTABLE = /[^\x21-\x7e]/;
const MAX_KEY_LENGTH = 256;
const MAX_TRACEPARENT_LENGTH = 128;
const MAX_TRACESTATE_LENGTH = 512;
const KIND_NUMBERS = new Map(KINDS.map((kind, index) => [kind, index + 1]));
const CLASS_NUMBERS = new Map(CLASSES.map((deliveryClass, index) => [deliveryClass, index + 1]));

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
  });
}

/** What the ids of answers end in; a stream's items end in their position. */
const ANSWER_ENDINGS: Readonly<Partial<Record<MessageKind, string>>> = { reply: 'r', failure: 'f', 'stream-end': 'e' };

/** The id of an answer: `<id of what it answers>#r` for a reply, `#f` for a failure, `#e` for an end, `#7` for item 7. '' for other kinds. */
function answerId({ kind, correlationId, position }: Pick<Envelope, 'kind' | 'correlationId' | 'position'>): string {
  const ending = kind === 'stream-item' ? position : ANSWER_ENDINGS[kind];
  return ending === undefined || correlationId === '' ? '' : `${correlationId}#${ending}`;
}

function idOfAnswer({
  kind,
  correlationId,
  position,
}: {
  readonly kind: number;
  readonly correlationId: string;
  readonly position: number;
}): string {
  const name = KINDS[kind - 1];
  return name === undefined ? '' : answerId({ kind: name, correlationId, position });
}

/** 0 means "none stated" on the wire, so time that has just run out is sent as the shortest there is. */
function wireRemaining(remainingMs: number): number {
  if (remainingMs === 0) return 0;
  return Math.min(MAX_UINT32, Math.max(1, Math.ceil(remainingMs)));
}

/** The inverse of {@link encodeEnvelope}. Throws `invalid-argument` or, for another generation, `failed-precondition`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const wire = decodeVersionedWire('envelope', bytes, input => aiflow.v1.Envelope.decode(input));
  const sender = wire.from?.node ?? '';
  if (wire.generation !== WIRE_GENERATION) checkGeneration(wire.generation, shownSender(sender));
  return {
    kind: named(KINDS, wire.kind - 1, 'message kind', sender),
    deliveryClass: named(CLASSES, wire.deliveryClass - 1, 'delivery class', sender),
    messageId: id(wire.messageId || idOfAnswer(wire), 'message_id', sender),
    correlationId: wire.correlationId === '' ? '' : id(wire.correlationId, 'correlation_id', sender),
    from: lastFrom.read(wire.from, 'from', sender),
    to: lastTo.read(wire.to, 'to', sender),
    remainingMs: wire.remainingMs,
    sentAtMs: finite(wire.sentAtMs, sender),
    bootId: lastBootId.read(wire.bootId, 'boot_id', sender),
    payloadType: lastPayloadType.read(wire.payloadType, 'payload_type', sender),
    payloadEncoding: named(ENCODINGS, wire.payloadEncoding, 'payload encoding', sender),
    payload: wire.payload,
    trace: traceContext(wire.trace),
    position: wire.position,
    latestKey: short(wire.latestKey, 'latest_key', sender),
  };
}

function named<T>(names: readonly T[], index: number, what: string, sender: string): T {
  const name = names[index];
  if (name !== undefined) return name;
  throw refused(sender, `has unknown ${what} number ${index}`);
}

function id(value: string, field: string, sender: string): string {
  if (value !== '' && value.length <= MAX_ID_LENGTH && !NOT_PRINTABLE.test(value)) return value;
  throw refused(
    sender,
    value === '' ? `lacks ${field}` : `has a ${field} that is not 1 to 128 printable ASCII characters`,
  );
}

function short(value: string, field: string, sender: string): string {
  if (value.length <= MAX_KEY_LENGTH) return value;
  throw refused(sender, `has a ${field} of ${value.length} characters, at most ${MAX_KEY_LENGTH} are allowed`);
}

function finite(value: number, sender: string): number {
  if (Number.isFinite(value)) return value;
  throw refused(sender, `has a sent_at_ms of ${value}`);
}

interface WireAddress {
  readonly node?: string | null;
  readonly actor?: string | null;
}

function address(value: WireAddress | null | undefined, field: string, sender: string): Address {
  const node = value?.node ?? '';
  const actor = value?.actor ?? '';
  if (isName(node) && isName(actor)) return { node, actor };
  const shown = JSON.stringify(`${actor}@${node}`.slice(0, 130));
  throw refused(sender, `has ${field} address ${shown}: names are 1 to 63 of a-z, 0-9 and '-'`);
}

/** Most messages have the same parties as the one before them: what was checked last is not checked again (E4). */
class RecentAddress {
  #last: Address | undefined;

  read(value: WireAddress | null | undefined, field: string, sender: string): Address {
    const last = this.#last;
    if (last !== undefined && value?.node === last.node && value.actor === last.actor) return last;
    const checked = address(value, field, sender);
    this.#last = checked;
    return checked;
  }
}

/** As {@link RecentAddress} for an id that may be absent. */
class RecentId {
  #last = '';

  read(value: string, field: string, sender: string): string {
    if (value === '' || value === this.#last) return value;
    this.#last = id(value, field, sender);
    return value;
  }
}

const lastFrom = new RecentAddress();
const lastTo = new RecentAddress();
const lastBootId = new RecentId();
const lastPayloadType = new RecentId();

function shownSender(node: string): string {
  return isName(node) ? node : 'an unnamed node';
}

interface WireTrace {
  readonly traceparent?: string | null;
  readonly tracestate?: string | null;
}

/** E4 */
function traceContext(wire: WireTrace | null | undefined): TraceContext | undefined {
  const traceparent = wire?.traceparent ?? '';
  const tracestate = wire?.tracestate ?? '';
  if (traceparent === '' || traceparent.length > MAX_TRACEPARENT_LENGTH) return undefined;
  return { traceparent, tracestate: tracestate.length > MAX_TRACESTATE_LENGTH ? '' : tracestate };
}

function refused(sender: string, reason: string): AiflowError {
  return new AiflowError('invalid-argument', `envelope from ${shownSender(sender)} ${reason}`);
}
