// SPDX-License-Identifier: Apache-2.0
//
// The exchanges that are open over one stream, as a pure bookkeeping of the envelopes that went and came. When the stream
// ends, ours can't be answered any more and nobody waits for theirs.
//
// X1  An exchange is open from its ask or stream-open until its reply, failure, stream-end or cancel.
// X2  Both sides are bounded: a request past the bound is not opened, and its owner has to answer for that.
import type { Envelope } from '@aiflow/protocol';

/** What is open over one stream. */
export interface ExchangeLedger {
  /** Takes down what is sent. False when too many of ours are open (X2). */
  sent(envelope: Envelope): boolean;
  /** Takes down what came. False when too many of theirs are open (X2). */
  came(envelope: Envelope): boolean;
  /** Ids of our requests that are open. */
  ours(): readonly string[];
  /** Their requests that are open. */
  theirs(): readonly Envelope[];
  readonly openCount: number;
}

/** An empty ledger that holds `maxOpen` requests of either side. */
export function createExchangeLedger(maxOpen: number): ExchangeLedger {
  const ours = new Map<string, Envelope>();
  const theirs = new Map<string, Envelope>();
  const take = (envelope: Envelope, sender: Map<string, Envelope>, receiver: Map<string, Envelope>): boolean => {
    switch (envelope.kind) {
      case 'ask':
      case 'stream-open':
        if (sender.size >= maxOpen) return false;
        sender.set(envelope.messageId, withoutPayload(envelope));
        return true;
      case 'cancel':
        sender.delete(envelope.correlationId);
        return true;
      case 'reply':
      case 'failure':
      case 'stream-end':
        receiver.delete(envelope.correlationId);
        return true;
      default:
        return true;
    }
  };
  return {
    sent: envelope => take(envelope, ours, theirs),
    came: envelope => take(envelope, theirs, ours),
    ours: () => [...ours.keys()],
    theirs: () => [...theirs.values()],
    get openCount() {
      return ours.size + theirs.size;
    },
  };
}

const EMPTY = new Uint8Array(0);

/** What is kept for long must not keep what is large. */
function withoutPayload(envelope: Envelope): Envelope {
  return { ...envelope, payload: EMPTY };
}

/** What its asker would have sent to end `request`, had it been able to. */
export function cancelOf(request: Envelope, reason: string): Envelope {
  return {
    ...request,
    kind: 'cancel',
    messageId: `${request.messageId}#${reason}`,
    correlationId: request.messageId,
    payloadType: '',
    payload: EMPTY,
    position: 0,
  };
}
