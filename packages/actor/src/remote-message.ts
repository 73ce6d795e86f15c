// SPDX-License-Identifier: Apache-2.0
import {
  type Address,
  AiflowError,
  type DeliveryClass,
  type Envelope,
  encodeFailure,
  type PayloadEncoding,
  type PayloadType,
  parseJsonBytes,
  type TraceContext,
} from '@aiflow/protocol';
import { EMPTY_PAYLOAD, type EnvelopeFields, type EnvelopeSender, type Patience } from './envelope-sender.ts';
import type { IncomingMessage, ItemSink } from './incoming-message.ts';
import { decodePayload, encodePayload } from './payload-form.ts';
import { UnreadItems } from './unread-items.ts';

/** The payload type of failures; the bytes are a `Failure` of failure.proto. */
export const FAILURE_TYPE = 'aiflow.failure';

/**
 * A message from another node. Its answers are envelopes whose ids derive from the request's. An answer that can't leave
 * because the link is down waits for it as long as the asker does.
 */
export class RemoteMessage implements IncomingMessage {
  readonly kind: IncomingMessage['kind'];
  readonly deadlineMs: number;
  /** What ended a stream, kept so that it can be repeated when it was lost. */
  final: EnvelopeFields | undefined;
  /** Of a stream: what may have to be sent again. */
  unread: UnreadItems | undefined;
  #abandoned = false;
  readonly #envelope: Envelope;
  readonly #sender: EnvelopeSender;

  constructor(kind: IncomingMessage['kind'], envelope: Envelope, deadlineMs: number, sender: EnvelopeSender) {
    this.kind = kind;
    this.deadlineMs = deadlineMs;
    this.#envelope = envelope;
    this.#sender = sender;
  }

  get from(): Address {
    return this.#envelope.from;
  }

  get messageId(): string {
    return this.#envelope.messageId;
  }

  get messageType(): string {
    return this.#envelope.payloadType;
  }

  get encoding(): PayloadEncoding {
    return this.#envelope.payloadEncoding;
  }

  get deliveryClass(): DeliveryClass {
    return this.#envelope.deliveryClass;
  }

  get latestKey(): string {
    return this.#envelope.latestKey;
  }

  get trace(): TraceContext | undefined {
    return this.#envelope.trace;
  }

  get requestBytes(): number {
    return this.#envelope.payload.byteLength;
  }

  get initialCredit(): number {
    return this.#envelope.position;
  }

  read(type: PayloadType<unknown>): unknown {
    return decodePayload(type, this.#envelope.payload, 'native');
  }

  readJson(): unknown {
    return parseJsonBytes(this.messageType || 'in JSON', this.#envelope.payload);
  }

  reply(type: PayloadType<unknown>, value: unknown): number {
    const payload = this.#encode(type, value);
    const sent = this.#sender.post(this.#answer('reply', 'r', { payload }), this.#patience());
    sent?.catch(error => this.#onUnsentReply(AiflowError.from(error)));
    return payload.byteLength;
  }

  openItems(type: PayloadType<unknown>): ItemSink {
    const unread = new UnreadItems(this.initialCredit);
    this.unread = unread;
    const patience = this.#patience();
    return {
      item: (position, item) => {
        const payload = this.#encode(type, item);
        const fields = this.#answer('stream-item', position, { payload, position });
        unread.add(fields);
        return this.#sender.post(fields, patience)?.then(() => payload.byteLength) ?? payload.byteLength;
      },
      end: count => this.#postFinal(this.#answer('stream-end', 'e', { position: count })),
    };
  }

  done(): void {
    // A tell has no answer.
  }

  fail(error: AiflowError, sentItems: number): void {
    if (this.kind === 'tell' || this.#abandoned) return;
    const payload = encodeFailure(error.at({ node: this.#envelope.to.node }));
    this.#postFinal(this.#answer('failure', 'f', { payloadType: FAILURE_TYPE, payload, position: sentItems }));
  }

  /** The asker went away: it is told nothing more. */
  abandon(): void {
    this.#abandoned = true;
  }

  /**
   * Too large, perhaps: a failure still fits. But work that was done and whose answer the link lost must not read as a call that
   * may be made again, so the asker is left to its deadline.
   */
  #onUnsentReply(error: AiflowError): void {
    if (error.code !== 'unavailable') this.fail(error, 0);
  }

  #postFinal(fields: EnvelopeFields): void {
    this.final = fields;
    this.#sender.postQuietly(fields, { ...this.#patience(), isWanted: () => !this.#abandoned });
  }

  #patience(): Patience {
    return { limitMs: this.deadlineMs, isWanted: () => !this.#abandoned && this.final === undefined };
  }

  #encode(type: PayloadType<unknown>, value: unknown): Uint8Array {
    try {
      return encodePayload(type, value, this.encoding);
    } catch (error) {
      throw new AiflowError('internal', AiflowError.from(error).message, { cause: error });
    }
  }

  /** The asker knows the payload's type from its contract. Spelled out, because spreads cost several times as much on this path. */
  #answer(kind: Envelope['kind'], suffix: string | number, content: AnswerContent): EnvelopeFields {
    const { from, to, messageId, deliveryClass } = this.#envelope;
    return {
      kind,
      messageId: `${messageId}#${suffix}`,
      correlationId: messageId,
      from: to,
      to: from,
      deliveryClass,
      payloadEncoding: kind === 'failure' ? 'native' : this.encoding,
      payloadType: content.payloadType ?? '',
      payload: content.payload ?? EMPTY_PAYLOAD,
      position: content.position ?? 0,
    };
  }
}

type AnswerContent = Partial<Pick<Envelope, 'payloadType' | 'payload' | 'position'>>;
