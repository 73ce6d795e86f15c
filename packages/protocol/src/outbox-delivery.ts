// SPDX-License-Identifier: Apache-2.0
//
// Store and forward: one item offered to the node that is to have it, and what that node says (proto/aiflow/v1/outbox.proto).
import { aiflow } from '#gen';
import { AiflowError } from './aiflow-error.ts';
import { type Fields, readFields } from './fields.ts';
import { base64, messagePayload } from './message-payload.ts';
import type { AskContract, PayloadType } from './payload-type.ts';

/** One item, offered until a receipt says that it is safe. */
export interface OutboxDelivery {
  /** Names the sender's outbox. */
  readonly source: string;
  /** 0 (urgent) to 2; each priority has a sequence of its own. */
  readonly priority: number;
  readonly sequence: number;
  /** Every sequence below is settled at the sender; at most {@link OUTBOX_WINDOW} - 1 below `sequence`. */
  readonly floor: number;
  /** Unique for ever. */
  readonly id: string;
  /** What the receiver does with it. */
  readonly kind: string;
  readonly payload: Uint8Array;
  /** Added up by each holder. */
  readonly ageMs: number;
  /** A holder lost its clock: the age is at least `ageMs`. */
  readonly ageUncertain: boolean;
  readonly timeToLiveMs: number;
  /** Of the work that made it, in W3C form. */
  readonly traceParent?: string;
}

/**
 * What became of an offered item. `reused` and `below-floor` say that the sequence is not the item's alone: its
 * sender's outbox is a copy, or has forgotten, and takes another name.
 */
export type OutboxOutcome = 'stored' | 'duplicate' | 'expired' | 'refused' | 'reused' | 'below-floor';

/** The receiver's word on an item. */
export interface OutboxReceipt {
  readonly outcome: OutboxOutcome;
  /** For people; may be empty. */
  readonly reason: string;
}

/** How far a sequence may be above its stream's floor, and so how many a receiver remembers. */
export const OUTBOX_WINDOW = 256;

/** The largest payload of one item, in bytes. */
export const MAX_OUTBOX_PAYLOAD_BYTES: number = 4 * 1024 * 1024;

/** By their number on the wire, which begins at 1. */
const OUTCOMES: readonly OutboxOutcome[] = ['stored', 'duplicate', 'expired', 'refused', 'reused', 'below-floor'];

const MAX_PRIORITY = 2;
const MAX_REASON_LENGTH = 1024;

/** {@link OutboxDelivery} on the wire. The decoded `payload` is a view of the bytes that came. */
export const outboxDeliveryPayload: PayloadType<OutboxDelivery> = messagePayload({
  name: 'aiflow.outbox.delivery',
  wire: aiflow.v1.OutboxDelivery,
  parse: parseDelivery,
  toWire: value => value,
  toJson: value => ({ ...value, payload: base64(value.payload) }),
});

/** {@link OutboxReceipt} on the wire; a reason beyond 1024 characters is cut. */
export const outboxReceiptPayload: PayloadType<OutboxReceipt> = messagePayload({
  name: 'aiflow.outbox.receipt',
  wire: aiflow.v1.OutboxReceipt,
  parse: parseReceipt,
  toWire: value => ({
    outcome: OUTCOMES.indexOf(value.outcome) + 1,
    reason: value.reason,
  }),
});

/** Offers an item to actor `inbox`. `resource-exhausted` with `retryAfterMs`: not now. */
export const offerItem: AskContract<OutboxDelivery, OutboxReceipt> = {
  kind: 'ask',
  request: outboxDeliveryPayload,
  reply: outboxReceiptPayload,
};

function parseDelivery(raw: unknown): OutboxDelivery {
  const fields = readFields('outbox delivery', raw);
  const traceParent = fields.has('traceParent') ? fields.text('traceParent', 128) : '';
  return {
    source: fields.label('source'),
    priority: fields.uint('priority', MAX_PRIORITY),
    ...parsePlace(fields),
    id: fields.label('id'),
    kind: fields.label('kind'),
    payload: fields.bytes('payload', MAX_OUTBOX_PAYLOAD_BYTES),
    ageMs: fields.uint('ageMs', Number.MAX_SAFE_INTEGER),
    ageUncertain: fields.flag('ageUncertain'),
    timeToLiveMs: fields.uint('timeToLiveMs', Number.MAX_SAFE_INTEGER),
    ...(traceParent === '' ? {} : { traceParent }),
  };
}

/** A receiver remembers by the window, so a sender that leaves it is refused. */
function parsePlace(fields: Fields): Pick<OutboxDelivery, 'sequence' | 'floor'> {
  const sequence = fields.uint('sequence', Number.MAX_SAFE_INTEGER);
  const floor = fields.uint('floor', Number.MAX_SAFE_INTEGER);
  if (floor <= sequence && sequence < floor + OUTBOX_WINDOW) return { sequence, floor };
  throw new AiflowError(
    'invalid-argument',
    `outbox delivery.sequence ${sequence} must be from floor ${floor} to less than ${OUTBOX_WINDOW} above it`,
  );
}

function parseReceipt(raw: unknown): OutboxReceipt {
  const fields = readFields('outbox receipt', raw);
  const { outcome } = raw as { readonly outcome?: unknown };
  if (typeof outcome !== 'number') return { outcome: fields.oneOf('outcome', OUTCOMES), reason: parseReason(raw) };
  const named = OUTCOMES[outcome - 1];
  if (named !== undefined) return { outcome: named, reason: parseReason(raw) };
  throw new AiflowError(
    'invalid-argument',
    `outbox receipt.outcome ${outcome} is unknown to this build: it knows 1 to ${OUTCOMES.length}`,
  );
}

function parseReason(raw: unknown): string {
  const { reason } = raw as { readonly reason?: unknown };
  return typeof reason === 'string' ? reason.slice(0, MAX_REASON_LENGTH) : '';
}
