// SPDX-License-Identifier: Apache-2.0
import type { Address, AiflowError, DeliveryClass, PayloadEncoding, PayloadType, TraceContext } from '@aiflow/protocol';

/** Where the items of an answered stream go: to this node's own consumer or onto the link. */
export interface ItemSink {
  /** Takes item `position`. Returns its bytes on the wire, or a promise of them while the link pushes back. */
  item(position: number, item: unknown): number | Promise<number>;
  /** All items were produced; `count` of them. */
  end(count: number): void;
}

/**
 * A message that reached an actor's door, from this node or another, and the way to answer it. Of `reply`,
 * `openItems(...).end`, `done` and `fail` exactly one is called, once.
 */
export interface IncomingMessage {
  readonly kind: 'tell' | 'ask' | 'stream';
  readonly from: Address;
  readonly messageId: string;
  readonly messageType: string;
  readonly encoding: PayloadEncoding;
  readonly deliveryClass: DeliveryClass;
  readonly latestKey: string;
  readonly trace: TraceContext | undefined;
  readonly requestBytes: number;
  /** On this node's monotonic clock; Infinity when the sender states none. */
  readonly deadlineMs: number;
  /** Items the asker of a stream takes before it grants more. */
  readonly initialCredit: number;
  /** The request as the handler's own payload type has it. Throws `invalid-argument`. */
  read(type: PayloadType<unknown>): unknown;
  /** The request as JSON, for messages in JSON form. Throws `invalid-argument`. */
  readJson(): unknown;
  /** Answers an ask; returns the reply's bytes on the wire, 0 within a node. Throws when it can't be encoded. */
  reply(type: PayloadType<unknown>, value: unknown): number;
  /** Begins to answer a stream. */
  openItems(type: PayloadType<unknown>): ItemSink;
  /** Ends a tell. */
  done(): void;
  /** Answers with an error. `sentItems` is how many stream items went before it. */
  fail(error: AiflowError, sentItems: number): void;
}
