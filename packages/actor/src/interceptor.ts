// SPDX-License-Identifier: Apache-2.0
import type { Address, DeliveryClass, TraceContext } from '@aiflow/protocol';

/** One exchange as an interceptor sees it, at the side named by `direction`. */
export interface Call {
  readonly direction: 'outbound' | 'inbound';
  readonly kind: 'tell' | 'ask' | 'stream';
  readonly from: Address;
  readonly to: Address;
  /** The request's payload type. */
  readonly messageType: string;
  readonly messageId: string;
  readonly deliveryClass: DeliveryClass;
  readonly requestBytes: number;
  /** Outbound: what travels with the message. Inbound: what came with it; what `next` is given becomes the handler's. */
  readonly trace: TraceContext | undefined;
  /** Inbound: how long the message lay in the mailbox. */
  readonly queuedMs: number;
}

/** What an exchange came to. Failures are thrown through the onion instead. */
export interface CallOutcome {
  /** Bytes of the reply, or of all stream items together. */
  readonly replyBytes: number;
  /** Stream items; 1 for an ask, 0 for a tell. */
  readonly items: number;
}

/** Goes on with the call, as it is or changed. Call it exactly once. */
export type NextCall = (call: Call) => Promise<CallOutcome>;

/**
 * Wraps every exchange of an actor system, outermost first. An ask's outcome is known when the reply came,
 * a stream's when it ended, a tell's when it was handed to the transport.
 */
export type Interceptor = (call: Call, next: NextCall) => Promise<CallOutcome>;
