// SPDX-License-Identifier: Apache-2.0
import { EMPTY_PAYLOAD, type EnvelopeFields } from './envelope-sender.ts';
import type { PreparedCall } from './prepared-call.ts';

const KINDS = { tell: 'tell', ask: 'ask', stream: 'stream-open' } as const;

/** The envelope that begins an exchange. A stream's `position` is its initial credit. */
export function requestFields(call: PreparedCall, nowMs: number): EnvelopeFields {
  return {
    kind: KINDS[call.kind],
    messageId: call.messageId,
    correlationId: call.kind === 'tell' ? '' : call.messageId,
    from: call.from,
    to: call.to,
    deliveryClass: call.deliveryClass,
    latestKey: call.latestKey,
    remainingMs: Math.max(1, call.deadlineMs - nowMs),
    payloadType: call.requestType.name,
    payloadEncoding: call.encoding,
    payload: call.payload ?? EMPTY_PAYLOAD,
    trace: call.trace,
    position: call.kind === 'stream' ? call.credit : 0,
  };
}

/** Tells the other side that nobody waits for the answer any more. */
export function cancelFields(call: PreparedCall): EnvelopeFields {
  const { messageId, from, to, deliveryClass } = call;
  return { kind: 'cancel', messageId: `${messageId}#c`, correlationId: messageId, from, to, deliveryClass };
}

/** Grants the producer of a stream `total` items, counted from its beginning. `turn` makes the message's id unique. */
export function creditFields(call: PreparedCall, total: number, turn: number): EnvelopeFields {
  const { messageId, from, to, deliveryClass } = call;
  const id = `${messageId}#g${turn}`;
  return { kind: 'stream-credit', messageId: id, correlationId: messageId, from, to, deliveryClass, position: total };
}
