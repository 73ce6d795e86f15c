// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import type { Client, ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js';
import { type DoorHost, type DoorParty, ENTER, loadGrpc, maxMessageBytes, readHost, writeParty } from './door-wire.ts';
import { createEnvelopeLane, type EnvelopeLane, type LaneBounds } from './envelope-lane.ts';
import { fromServiceError } from './grpc-errors.ts';

/** A call through a door, from the client's side, that was let in. */
export interface DoorCall {
  readonly host: DoorHost;
  readonly lane: EnvelopeLane;
  /** Says that nothing more will come; resolves when all was taken and the node said the same, or the call broke. */
  end(): Promise<void>;
  /** Breaks off. */
  destroy(): void;
}

/** What hears a call. */
export interface DoorCallEvents {
  /** Bytes of an envelope came. */
  said(bytes: Uint8Array): void;
  /** The call is over; called once, and only after it was let in. */
  ended(error: AiflowError): void;
}

/** Where the door is, and bounds. */
export interface DoorCallOptions extends LaneBounds {
  readonly socket: string;
  readonly maxPayloadBytes: number;
}

/**
 * Goes to the door at `socket` as `party`. Rejects with `unavailable` when nobody listens there, and with what the node says
 * when it does not let the client in.
 */
export async function enterDoor(
  party: DoorParty,
  events: DoorCallEvents,
  options: DoorCallOptions,
  signal: AbortSignal,
): Promise<DoorCall> {
  const { socket, maxPayloadBytes } = options;
  const hop = `${party.node} -> door ${socket}`;
  const grpc = await loadGrpc();
  signal.throwIfAborted();
  const client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1, // or a door that is back would be waited for as long as the last one was gone
    'grpc.max_receive_message_length': maxMessageBytes(maxPayloadBytes),
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  const { path, requestSerialize, responseDeserialize } = ENTER;
  const metadata = writeParty(new grpc.Metadata(), party);
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, {});
  const lane = createEnvelopeLane((bytes, taken) => void stream.write(bytes, taken), options, hop);
  try {
    const host = await letIn(stream, hop, signal);
    return new EnteredCall({ host, lane, client, stream }, events, hop);
  } catch (error) {
    stream.cancel();
    client.close();
    throw error;
  }
}

type Stream = ClientDuplexStream<Buffer, Buffer>;

/** Resolves when the node says who it is. Rejects with its refusal, or the signal's reason. */
function letIn(stream: Stream, hop: string, signal: AbortSignal): Promise<DoorHost> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(AiflowError.from(signal.reason).at({ hop }));
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('error', (error: ServiceError) => {
      signal.removeEventListener('abort', onAbort);
      reject(refusalOf(fromServiceError(error, hop)));
    });
    stream.once('metadata', (metadata: Metadata) => {
      signal.removeEventListener('abort', onAbort);
      if (metadata.get('aiflow-node').length === 0) return; // a refusal, which comes as the status
      try {
        resolve(readHost(metadata));
      } catch (error) {
        reject(AiflowError.from(error).at({ hop }));
      }
    });
  });
}

function refusalOf(error: AiflowError): AiflowError {
  const { code, message, hop = '' } = error;
  if (code !== 'unavailable') return error;
  const said = `no node answers at the door (${message}): start it, or give the socket that its log names`;
  return new AiflowError(code, said, { cause: error, hop, retryAfterMs: 250 });
}

interface CallParts {
  readonly host: DoorHost;
  readonly lane: EnvelopeLane;
  readonly client: Client;
  readonly stream: Stream;
}

class EnteredCall implements DoorCall {
  readonly host: DoorHost;
  readonly lane: EnvelopeLane;
  readonly #parts: CallParts;
  readonly #over: Promise<void>;

  constructor(parts: CallParts, events: DoorCallEvents, hop: string) {
    this.host = parts.host;
    this.lane = parts.lane;
    this.#parts = parts;
    const { stream, lane, client, host } = parts;
    this.#over = new Promise(resolve => {
      const settle = (error: AiflowError): void => {
        lane.end(error);
        client.close();
        resolve();
        events.ended(error);
      };
      const closed = (): AiflowError =>
        new AiflowError('unavailable', `node ${host.node} closed its door`, {
          node: host.node,
          hop,
          retryAfterMs: 250,
        });
      let isOver = false;
      const once = (error: () => AiflowError): void => {
        if (isOver) return;
        isOver = true;
        settle(error());
      };
      stream.on('data', (bytes: Buffer) => events.said(bytes));
      stream.on('error', (error: ServiceError) => once(() => brokenBy(error, hop)));
      stream.on('end', () => once(closed));
    });
  }

  async end(): Promise<void> {
    this.#parts.stream.end();
    await this.#over;
  }

  destroy(): void {
    this.#parts.stream.cancel();
  }
}

/** A call that broke can be made again, whatever broke it. */
function brokenBy(error: ServiceError, hop: string): AiflowError {
  const { code, message } = fromServiceError(error, hop);
  if (code === 'resource-exhausted') return new AiflowError(code, `the door closed: ${message}`, { cause: error, hop });
  return new AiflowError('unavailable', `the door closed: ${message}`, { cause: error, hop, retryAfterMs: 250 });
}
