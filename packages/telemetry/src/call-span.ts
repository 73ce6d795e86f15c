// SPDX-License-Identifier: Apache-2.0
import type { Call, CallOutcome } from '@aiflow/actor';
import { type Address, AiflowError, type DeliveryClass, formatAddress } from '@aiflow/protocol';
import { errorAttributes } from './error-attributes.ts';
import type { FinishedSpan } from './finished-span.ts';
import { ATTRIBUTES, OPERATIONS } from './names.ts';
import type { Attributes, SpanEvent, SpanKind, SpanLink } from './span-record.ts';

/** Identity of a call's span. */
export interface CallSpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
}

const NO_EVENTS: readonly SpanEvent[] = [];
const NO_LINKS: readonly SpanLink[] = [];

/**
 * The span of one exchange at one side. It holds the few values that describe the call, not the call itself, so that
 * the spans kept for later hold no message alive; the description is built when somebody looks.
 */
export class CallSpan implements FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly startMs: number;
  readonly events: readonly SpanEvent[] = NO_EVENTS;
  readonly links: readonly SpanLink[] = NO_LINKS;
  durationMs = 0;
  error: AiflowError | undefined = undefined;
  private readonly outbound: boolean;
  private readonly callKind: Call['kind'];
  private readonly to: Address;
  private readonly fromNode: string;
  private readonly messageType: string;
  private readonly messageId: string;
  private readonly deliveryClass: DeliveryClass;
  private readonly requestBytes: number;
  private readonly queuedMs: number;
  private replyBytes = 0;
  private items = 0;

  constructor(call: Call, identity: CallSpanIdentity, parentId: string, startMs: number) {
    this.traceId = identity.traceId;
    this.spanId = identity.spanId;
    this.parentId = parentId;
    this.startMs = startMs;
    this.outbound = call.direction === 'outbound';
    this.callKind = call.kind;
    this.to = call.to;
    this.fromNode = call.from.node;
    this.messageType = call.messageType;
    this.messageId = call.messageId;
    this.deliveryClass = call.deliveryClass;
    this.requestBytes = call.requestBytes;
    this.queuedMs = call.queuedMs;
  }

  get name(): string {
    return `${this.operation} ${this.to.actor}`;
  }

  get kind(): SpanKind {
    if (this.callKind === 'tell') return this.outbound ? 'producer' : 'consumer';
    return this.outbound ? 'client' : 'server';
  }

  /** Returns itself, finished. */
  succeed(outcome: CallOutcome, durationMs: number): this {
    this.replyBytes = outcome.replyBytes;
    this.items = outcome.items;
    this.durationMs = durationMs;
    return this;
  }

  /** Returns itself, finished. */
  fail(error: unknown, durationMs: number): this {
    this.error = AiflowError.from(error);
    this.durationMs = durationMs;
    return this;
  }

  attributes(): Attributes {
    const { outbound, to } = this;
    return {
      [ATTRIBUTES.messagingSystem]: 'aiflow',
      [ATTRIBUTES.operationName]: this.operation,
      [ATTRIBUTES.operationType]: outbound ? 'send' : 'process',
      [ATTRIBUTES.destination]: formatAddress(to),
      [ATTRIBUTES.destinationTemplate]: to.actor,
      [ATTRIBUTES.messageId]: this.messageId,
      [ATTRIBUTES.messageType]: this.messageType,
      [ATTRIBUTES.deliveryClass]: this.deliveryClass,
      [ATTRIBUTES.peerNode]: outbound ? to.node : this.fromNode,
      [ATTRIBUTES.requestBytes]: this.requestBytes,
      [ATTRIBUTES.replyBytes]: this.replyBytes,
      ...(this.callKind === 'stream' ? { [ATTRIBUTES.streamItems]: this.items } : {}),
      ...(outbound ? {} : { [ATTRIBUTES.mailboxWaitMs]: this.queuedMs }),
      ...errorAttributes(this.error),
    };
  }

  private get operation(): string {
    return this.outbound ? OPERATIONS[this.callKind] : OPERATIONS.process;
  }
}
