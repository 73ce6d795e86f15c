// SPDX-License-Identifier: Apache-2.0
import type { Call, CallOutcome } from '@aiflow/actor';
import { AiflowError, formatAddress } from '@aiflow/protocol';
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
const NO_OUTCOME: CallOutcome = { replyBytes: 0, items: 0 };

/** The span of one exchange at one side. It keeps the call and describes it only when it is looked at. */
export class CallSpan implements FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly startMs: number;
  readonly events: readonly SpanEvent[] = NO_EVENTS;
  readonly links: readonly SpanLink[] = NO_LINKS;
  durationMs = 0;
  error: AiflowError | undefined = undefined;
  private readonly call: Call;
  private outcome: CallOutcome = NO_OUTCOME;

  constructor(call: Call, identity: CallSpanIdentity, parentId: string, startMs: number) {
    this.call = call;
    this.traceId = identity.traceId;
    this.spanId = identity.spanId;
    this.parentId = parentId;
    this.startMs = startMs;
  }

  get name(): string {
    return `${this.operation} ${this.call.to.actor}`;
  }

  get kind(): SpanKind {
    const { direction, kind } = this.call;
    if (kind === 'tell') return direction === 'outbound' ? 'producer' : 'consumer';
    return direction === 'outbound' ? 'client' : 'server';
  }

  /** Returns itself, finished. */
  succeed(outcome: CallOutcome, durationMs: number): this {
    this.outcome = outcome;
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
    const { call, outcome } = this;
    const outbound = call.direction === 'outbound';
    return {
      [ATTRIBUTES.messagingSystem]: 'aiflow',
      [ATTRIBUTES.operationName]: this.operation,
      [ATTRIBUTES.operationType]: outbound ? 'send' : 'process',
      [ATTRIBUTES.destination]: formatAddress(call.to),
      [ATTRIBUTES.destinationTemplate]: call.to.actor,
      [ATTRIBUTES.messageId]: call.messageId,
      [ATTRIBUTES.messageType]: call.messageType,
      [ATTRIBUTES.deliveryClass]: call.deliveryClass,
      [ATTRIBUTES.peerNode]: outbound ? call.to.node : call.from.node,
      [ATTRIBUTES.requestBytes]: call.requestBytes,
      [ATTRIBUTES.replyBytes]: outcome.replyBytes,
      ...(call.kind === 'stream' ? { [ATTRIBUTES.streamItems]: outcome.items } : {}),
      ...(outbound ? {} : { [ATTRIBUTES.mailboxWaitMs]: call.queuedMs }),
      ...errorAttributes(this.error),
    };
  }

  private get operation(): string {
    return this.call.direction === 'inbound' ? OPERATIONS.process : OPERATIONS[this.call.kind];
  }
}
