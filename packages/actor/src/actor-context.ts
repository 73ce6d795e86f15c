// SPDX-License-Identifier: Apache-2.0
import type { Address, AskContract, DeliveryClass, StreamContract, TellContract, TraceContext } from '@aiflow/protocol';
import type { Clock, Random } from '@aiflow/time';
import type { Logger } from './logger.ts';

/** Settings of one call. */
export interface CallOptions {
  /** The longest the whole exchange may take. Default 10 000; inside a handler, at most what its own caller left. */
  readonly timeoutMs?: number;
  /** Aborting it cancels the exchange here and at the other side. */
  readonly signal?: AbortSignal;
  /** Default `control`. */
  readonly deliveryClass?: DeliveryClass;
  /** With class `latest`: a newer message with the same key replaces one still waiting. */
  readonly latestKey?: string;
  /** The span this call belongs to. Inside a handler, the handler's own by default. */
  readonly trace?: TraceContext;
}

/** Settings of one stream. */
export interface StreamOptions extends CallOptions {
  /** Items the producer may be ahead of the consumer. Default 16. */
  readonly credit?: number;
}

/** Speaks to actors, here or on other nodes, without knowing which. Every method fails with an AiflowError. */
export interface ActorCaller {
  /** Resolves when the message was handed to the link or mailbox; nothing is known of its effect. */
  tell<Message>(to: Address, contract: TellContract<Message>, message: Message, options?: CallOptions): Promise<void>;
  /** Resolves with the answer. */
  ask<Request, Reply>(
    to: Address,
    contract: AskContract<Request, Reply>,
    request: Request,
    options?: CallOptions,
  ): Promise<Reply>;
  /** Yields items as they arrive. Leaving the loop cancels the producer. */
  stream<Request, Item>(
    to: Address,
    contract: StreamContract<Request, Item>,
    request: Request,
    options?: StreamOptions,
  ): AsyncIterable<Item>;
}

/** What an actor is given when it is made. */
export interface ActorContext extends ActorCaller {
  readonly self: Address;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborted when this incarnation of the actor stops. */
  readonly signal: AbortSignal;
}

/**
 * What a handler is given with each message. Calls made through it inherit the message's remaining time,
 * cancellation and trace.
 */
export interface MessageContext extends ActorContext {
  readonly from: Address;
  readonly messageId: string;
  readonly trace: TraceContext | undefined;
  /** Aborted when the asker cancels, its time runs out, or the actor stops. */
  readonly signal: AbortSignal;
  /** Time left for this message in milliseconds. */
  remainingMs(): number;
}
