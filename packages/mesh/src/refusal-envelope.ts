// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type Envelope, encodeFailure } from '@aiflow/protocol';

/** The payload type under which failures travel. */
const FAILURE_TYPE = 'aiflow.failure';

/** The answer to an ask or stream-open of a node that this one has not admitted. */
export function refusalOf(envelope: Envelope, bootId: string, nowMs: number): Envelope {
  const { from, to } = envelope;
  const error = new AiflowError(
    'unavailable',
    `node ${to.node} has not admitted ${from.node}: its advert did not arrive yet or was refused, see the log of ${to.node}`,
    { node: to.node, hop: `${from.node} -> ${to.node}/${to.actor}`, retryAfterMs: 500 },
  );
  return failureOf(envelope, error, { bootId, nowMs });
}

/** The failure that ends an ask or stream-open which never reaches its actor. */
export function failureOf(
  request: Envelope,
  error: AiflowError,
  { bootId, nowMs }: { readonly bootId: string; readonly nowMs: number },
): Envelope {
  const { from, to, messageId } = request;
  return {
    kind: 'failure',
    deliveryClass: 'control',
    messageId: `${messageId}#refused`,
    correlationId: messageId,
    from: to,
    to: from,
    remainingMs: 0,
    sentAtMs: nowMs,
    bootId,
    payloadType: FAILURE_TYPE,
    payloadEncoding: 'native',
    payload: encodeFailure(error),
    trace: undefined,
    position: 0,
    latestKey: '',
  };
}
