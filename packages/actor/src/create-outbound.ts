// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type AskContract, type StreamContract, type TellContract } from '@aiflow/protocol';
import { CallGuard } from './call-guard.ts';
import type { Call, CallObserver, CallOutcome } from './interceptor.ts';
import { askLocally, type LocalCollaborators, streamLocally, tellLocally } from './local-exchange.ts';
import type { Onion } from './onion.ts';
import type { CallRequest, Outbound } from './outbound.ts';
import { atHop, type CallDefaults, type PreparedCall, prepareCall } from './prepared-call.ts';
import { askRemotely, type RemoteCollaborators } from './remote-ask.ts';
import { streamRemotely } from './remote-stream.ts';
import { requestFields } from './request-envelope.ts';
import type { StreamConsumer } from './stream-consumer.ts';

/** What calls are made with. */
export interface OutboundCollaborators extends LocalCollaborators, RemoteCollaborators {
  readonly defaults: CallDefaults;
  readonly onion: Onion | undefined;
  /** Throws when the node takes no new exchanges. */
  assertOpen(request: CallRequest<unknown>): void;
}

/** Makes calls: within the node straight into the mailbox, to other nodes as envelopes. */
export function createOutbound(collaborators: OutboundCollaborators): Outbound {
  const { node, onion, defaults, assertOpen } = collaborators;
  const prepare = (request: Parameters<typeof prepareCall>[0]): PreparedCall => {
    assertOpen(request);
    try {
      return prepareCall(request, defaults);
    } catch (error) {
      throw AiflowError.from(error).at({ node, hop: `${node} -> ${request.to.node}/${request.to.actor}` });
    }
  };
  const isLocal = (call: PreparedCall): boolean => call.to.node === node;

  const ask = (request: CallRequest<AskContract<unknown, unknown>>): Promise<unknown> => {
    try {
      const call = prepare(request);
      const { reply } = request.contract;
      const exchange = (): Promise<unknown> =>
        isLocal(call) ? askLocally(collaborators, call, reply) : askRemotely(collaborators, call, reply);
      if (onion === undefined) return exchange();
      return onion.observe === undefined
        ? askWrapped(onion, call, exchange)
        : askObserved(onion.observe, call, exchange);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const tell = async (request: CallRequest<TellContract<unknown>>): Promise<void> => {
    const call = prepare(request);
    const exchange = async (): Promise<void> =>
      isLocal(call) ? tellLocally(collaborators, call) : await tellRemotely(collaborators, call);
    if (onion === undefined) return exchange();
    await wrapped(onion, call, () => exchange().then(() => ({ replyBytes: 0, items: 0 })));
  };
  async function* stream(request: CallRequest<StreamContract<unknown, unknown>>): AsyncIterable<unknown> {
    const call = prepare(request);
    const { item } = request.contract;
    const open: OpenStream = onClosed =>
      isLocal(call)
        ? streamLocally(collaborators, call, item, onClosed)
        : streamRemotely(collaborators, call, item, onClosed);
    yield* readStream(call, onion, open);
  }
  return { ask, tell, stream };
}

async function askObserved(
  observe: CallObserver,
  call: PreparedCall,
  exchange: () => Promise<unknown>,
): Promise<unknown> {
  const observation = observe(outboundCall(call));
  call.trace = observation.trace;
  let reply: unknown;
  try {
    reply = await exchange();
  } catch (error) {
    observation.failed(error);
    throw error;
  }
  observation.succeeded({ replyBytes: call.replyBytes, items: 1 });
  return reply;
}

async function askWrapped(onion: Onion, call: PreparedCall, exchange: () => Promise<unknown>): Promise<unknown> {
  let reply: unknown;
  await wrapped(onion, call, async () => {
    reply = await exchange();
    return { replyBytes: call.replyBytes, items: 1 };
  });
  return reply;
}

function wrapped(onion: Onion, call: PreparedCall, exchange: () => Promise<CallOutcome>): Promise<CallOutcome> {
  return onion.run(outboundCall(call), inner => {
    call.trace = inner.trace;
    return exchange();
  });
}

/** Back-pressure of the link is bounded by the call's time. */
function tellRemotely({ sender, clock, node }: RemoteCollaborators, call: PreparedCall): Promise<void> {
  const sent = sender.post(requestFields(call, clock.nowMs()));
  if (sent === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      guard.release();
      reject(atHop(call, node, AiflowError.from(error)));
    };
    const guard = new CallGuard(call, clock, fail);
    sent.then(() => {
      guard.release();
      resolve();
    }, fail);
  });
}

type OpenStream = (onClosed: (error: AiflowError | undefined, items: number) => void) => StreamConsumer;

/** Reads a stream inside the onion: its reader learns the error that the outermost interceptor lets through. */
async function* readStream(call: PreparedCall, onion: Onion | undefined, open: OpenStream): AsyncGenerator<unknown> {
  const { opened, outcome } = beginStream(call, onion, open);
  const consumer = await opened;
  try {
    for (let result = await consumer.next(); result.done !== true; result = await consumer.next()) yield result.value;
  } catch (error) {
    await outcome;
    throw error;
  } finally {
    consumer.fail(new AiflowError('cancelled', 'its reader left the stream'));
  }
  await outcome;
}

interface BegunStream {
  readonly opened: Promise<StreamConsumer>;
  readonly outcome: Promise<CallOutcome>;
}

function beginStream(call: PreparedCall, onion: Onion | undefined, open: OpenStream): BegunStream {
  let resolveOpened: (consumer: StreamConsumer) => void = () => undefined;
  const exchange = (): Promise<CallOutcome> =>
    new Promise((resolve, reject) => {
      const onClosed = (error: AiflowError | undefined, items: number): void =>
        error === undefined ? resolve({ replyBytes: call.replyBytes, items }) : reject(error);
      resolveOpened(open(onClosed));
    });
  const opened = new Promise<StreamConsumer>(resolve => {
    resolveOpened = resolve;
  });
  const outcome = onion === undefined ? exchange() : wrapped(onion, call, exchange);
  const early = outcome.then(() => {
    throw new AiflowError('internal', `an interceptor ended stream ${call.requestType.name} without calling next`);
  });
  const either = Promise.race([opened, early]);
  either.catch(() => undefined);
  early.catch(() => undefined);
  return { opened: either, outcome };
}

function outboundCall(call: PreparedCall): Call {
  return {
    direction: 'outbound',
    kind: call.kind,
    from: call.from,
    to: call.to,
    messageType: call.requestType.name,
    messageId: call.messageId,
    deliveryClass: call.deliveryClass,
    requestBytes: call.payload?.byteLength ?? 0,
    trace: call.trace,
    queuedMs: 0,
  };
}
