// SPDX-License-Identifier: Apache-2.0
import type { Address, AiflowError, DeliveryClass, PayloadEncoding, PayloadType, TraceContext } from '@aiflow/protocol';
import type { IncomingMessage, ItemSink } from './incoming-message.ts';
import { acceptPayload, convertPayload } from './payload-form.ts';
import type { PreparedCall } from './prepared-call.ts';

/** Where the answer to a message within the node goes. */
export interface LocalAsker {
  reply(value: unknown): void;
  fail(error: AiflowError, sentItems: number): void;
  item?(position: number, item: unknown): void;
  end?(count: number): void;
}

/**
 * A message that never leaves the node. Values pass as they are, unless the two sides use different payload types:
 * then they go through their wire form, so that each side's checks still hold.
 */
export class LocalMessage implements IncomingMessage {
  readonly requestBytes = 0;
  readonly #call: PreparedCall;
  readonly #answerType: PayloadType<unknown> | undefined;
  readonly #asker: LocalAsker;

  constructor(call: PreparedCall, answerType: PayloadType<unknown> | undefined, asker: LocalAsker) {
    this.#call = call;
    this.#answerType = answerType;
    this.#asker = asker;
  }

  get kind(): PreparedCall['kind'] {
    return this.#call.kind;
  }

  get from(): Address {
    return this.#call.from;
  }

  get messageId(): string {
    return this.#call.messageId;
  }

  get messageType(): string {
    return this.#call.requestType.name;
  }

  get encoding(): PayloadEncoding {
    return this.#call.encoding;
  }

  get deliveryClass(): DeliveryClass {
    return this.#call.deliveryClass;
  }

  get latestKey(): string {
    return this.#call.latestKey;
  }

  get trace(): TraceContext | undefined {
    return this.#call.trace;
  }

  get deadlineMs(): number {
    return this.#call.deadlineMs;
  }

  get initialCredit(): number {
    return this.#call.credit;
  }

  read(type: PayloadType<unknown>): unknown {
    return convertPayload(this.#call.requestType, type, this.#call.request);
  }

  readJson(): unknown {
    return this.#call.requestType.toJson(this.#call.request);
  }

  reply(type: PayloadType<unknown>, value: unknown): number {
    this.#asker.reply(this.#convert(type, value));
    return 0;
  }

  openItems(type: PayloadType<unknown>): ItemSink {
    return {
      item: (position, item) => {
        this.#asker.item?.(position, this.#convert(type, item));
        return 0;
      },
      end: count => this.#asker.end?.(count),
    };
  }

  done(): void {
    this.#asker.reply(undefined);
  }

  fail(error: AiflowError, sentItems: number): void {
    this.#asker.fail(error, sentItems);
  }

  #convert(type: PayloadType<unknown>, value: unknown): unknown {
    const wanted = this.#answerType;
    if (wanted === undefined || wanted === type) return value;
    return this.#call.encoding === 'json'
      ? acceptPayload(wanted, type.toJson(value))
      : convertPayload(type, wanted, value);
  }
}
