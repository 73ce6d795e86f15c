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

/** What an observer makes of one exchange. Exactly one of `succeeded` and `failed` is called, once; neither may throw. */
export interface CallObservation {
  /** Takes the place of the call's `trace`. */
  readonly trace: TraceContext | undefined;
  succeeded(outcome: CallOutcome): void;
  failed(error: unknown): void;
}

/** Looks at an exchange that begins. */
export type CallObserver = (call: Call) => CallObservation;

/**
 * Wraps every exchange of an actor system, outermost first. An ask's outcome is known when the reply came,
 * a stream's when it ended, a tell's when it was handed to the transport.
 */
export interface Interceptor {
  (call: Call, next: NextCall): Promise<CallOutcome>;
  /** The same for one that only looks on. Alone in its system it is asked this way, which costs a call no promises. */
  readonly observe?: CallObserver;
}

/** An interceptor that looks on and may change the trace. */
export function createObservingInterceptor(observe: CallObserver): Interceptor {
  const intercept = async (call: Call, next: NextCall): Promise<CallOutcome> => {
    const observation = observe(call);
    let outcome: CallOutcome;
    try {
      outcome = await next(observation.trace === call.trace ? call : { ...call, trace: observation.trace });
    } catch (error) {
      observation.failed(error);
      throw error;
    }
    observation.succeeded(outcome);
    return outcome;
  };
  return Object.assign(intercept, { observe });
}
