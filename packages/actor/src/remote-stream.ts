// SPDX-License-Identifier: Apache-2.0
import { AiflowError, decodeFailure, type Envelope, type PayloadType } from '@aiflow/protocol';
import { CallGuard } from './call-guard.ts';
import type { OpenExchange } from './exchange-table.ts';
import { decodePayload } from './payload-form.ts';
import { atHop, type PreparedCall } from './prepared-call.ts';
import type { RemoteCollaborators } from './remote-ask.ts';
import { cancelFields, creditFields, requestFields } from './request-envelope.ts';
import { StreamConsumer } from './stream-consumer.ts';

/** Told once when a stream is over, with the items handed out. */
export type StreamClosed = (error: AiflowError | undefined, items: number) => void;

/** Opens a stream from an actor on another node. */
export function streamRemotely(
  collaborators: RemoteCollaborators,
  call: PreparedCall,
  itemType: PayloadType<unknown>,
  onClosed: StreamClosed,
): StreamConsumer {
  const stream = new RemoteStream(collaborators, call, { itemType, onClosed });
  stream.begin();
  return stream.consumer;
}

class RemoteStream implements OpenExchange {
  readonly peer: string;
  readonly consumer: StreamConsumer;
  readonly #collaborators: RemoteCollaborators;
  readonly #call: PreparedCall;
  readonly #itemType: PayloadType<unknown>;
  readonly #onClosed: StreamClosed;
  #guard: CallGuard | undefined;
  #grants = 0;
  /** The producer has ended; it needs no cancelling. */
  #endedThere = false;

  constructor(
    collaborators: RemoteCollaborators,
    call: PreparedCall,
    { itemType, onClosed }: { readonly itemType: PayloadType<unknown>; readonly onClosed: StreamClosed },
  ) {
    this.peer = call.to.node;
    this.#collaborators = collaborators;
    this.#call = call;
    this.#itemType = itemType;
    this.#onClosed = onClosed;
    const options = { credit: call.credit, producer: `${call.to.node}/${call.to.actor}` };
    this.consumer = new StreamConsumer(collaborators.clock, options, {
      grant: total => collaborators.sender.postQuietly(creditFields(call, total, ++this.#grants)),
      closed: (error, items) => this.#close(error, items),
    });
  }

  begin(): void {
    const { clock, exchanges, sender } = this.#collaborators;
    exchanges.open(this.#call.messageId, this);
    this.#guard = new CallGuard(this.#call, clock, error => this.consumer.fail(this.#atHop(error)));
    sender.post(requestFields(this.#call, clock.nowMs()))?.catch(error => this.fail(AiflowError.from(error)));
  }

  receive(envelope: Envelope): void {
    if (envelope.kind === 'stream-item') {
      this.#receiveItem(envelope);
      return;
    }
    if (envelope.kind !== 'failure' && envelope.kind !== 'stream-end') return;
    this.#endedThere = true;
    const error = envelope.kind === 'failure' ? this.#atHop(decodeFailure(envelope.payload)) : undefined;
    this.consumer.end(envelope.position, error);
  }

  fail(error: AiflowError): void {
    this.consumer.fail(this.#atHop(error));
  }

  #receiveItem(envelope: Envelope): void {
    try {
      this.#call.replyBytes += envelope.payload.byteLength;
      this.consumer.receive(
        envelope.position,
        decodePayload(this.#itemType, envelope.payload, envelope.payloadEncoding),
      );
    } catch (error) {
      this.fail(AiflowError.from(error));
    }
  }

  #close(error: AiflowError | undefined, items: number): void {
    const { exchanges, sender } = this.#collaborators;
    this.#guard?.release();
    exchanges.close(this.#call.messageId);
    if (error !== undefined && !this.#endedThere) sender.postQuietly(cancelFields(this.#call));
    this.#onClosed(error, items);
  }

  #atHop(error: AiflowError): AiflowError {
    return atHop(this.#call, this.#collaborators.node, error);
  }
}
